/** Reads the file of a container's log, also while it grows and is replaced. */

import { type Bytes, concatBytes } from "../../formats/bytes.ts";
import { lstatIfThere } from "../../fs/if_there.ts";

/** A log that is open, if there is one by now. Disposing closes it. */
export interface LogFile extends Disposable {
  /** The lines that are whole by now, and were not read as yet: many at once. */
  readLines(): Generator<readonly Bytes[]>;
  /** Goes to so many bytes before the end, and to the next line there. */
  seekFromEnd(bytes: number): void;
  /** Bytes that there are now. */
  readonly size: number;
}

const NEWLINE = 0x0a;
const NO_BYTES: Bytes = new Uint8Array(0);
const CHUNK_BYTES = 256 * 1024;
// conmon cuts lines at 8 KiB; what is longer was written by something else.
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Opens a log: what is no regular file counts as none. If it is moved away, or cut,
 * its successor is read from the beginning.
 */
export function openLogFile(path: string): LogFile {
  return new OpenLog(path);
}

class OpenLog implements LogFile {
  readonly #path: string;
  #file: ReturnType<typeof open>;
  /** Where to read on. */
  #offset = 0;
  /** What was read of a line. */
  #rest = NO_BYTES;
  /** Up to the end of a line. */
  #isSkipping = false;

  constructor(path: string) {
    this.#path = path;
    this.#file = open(path);
  }

  get size(): number {
    return this.#file?.handle.statSync().size ?? 0;
  }

  *readLines(): Generator<readonly Bytes[]> {
    for (;;) {
      const isLast = !this.#hasSuccessor();
      yield* this.#readOpened();
      if (isLast) return;
      this[Symbol.dispose]();
      this.#file = open(this.#path);
      this.#goTo(0);
    }
  }

  seekFromEnd(bytes: number): void {
    this.#goTo(Math.max(0, this.size - bytes));
  }

  [Symbol.dispose](): void {
    this.#file?.handle.close();
    this.#file = undefined;
  }

  /** Who begins within a line leaves it out. */
  #goTo(offset: number): void {
    this.#offset = offset;
    this.#rest = NO_BYTES;
    this.#isSkipping = offset > 0;
  }

  #hasSuccessor(): boolean {
    const found = lstatIfThere(this.#path);
    return found?.isFile === true && found.ino !== this.#file?.inode;
  }

  *#readOpened(): Generator<readonly Bytes[]> {
    if (this.#file === undefined) return;
    const { handle } = this.#file;
    // It was cut, as by `: > ctr.log`.
    if (handle.statSync().size < this.#offset) this.#offset = 0;
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      handle.seekSync(this.#offset, Deno.SeekMode.Start);
      const count = handle.readSync(buffer);
      if (count === null) return;
      this.#offset += count;
      yield this.#takeLines(buffer.slice(0, count));
    }
  }

  #takeLines(chunk: Bytes): readonly Bytes[] {
    const lines: Bytes[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      const line = chunk.subarray(start, end);
      if (!this.#isSkipping) lines.push(this.#withRest(line));
      this.#rest = NO_BYTES;
      start = end + 1;
      this.#isSkipping = false;
    }
    if (this.#isSkipping) return lines;
    this.#rest = this.#withRest(chunk.subarray(start));
    if (this.#rest.length <= MAX_LINE_BYTES) return lines;
    this.#rest = NO_BYTES;
    this.#isSkipping = true;
    return lines;
  }

  #withRest(bytes: Bytes): Bytes {
    const rest = this.#rest;
    return rest.length === 0 ? bytes : concatBytes([rest, bytes]);
  }
}

/** Undefined if it is not there as yet, or no file that is a log. */
function open(path: string) {
  const seen = lstatIfThere(path);
  if (seen?.isFile !== true) return undefined;
  using undo = new DisposableStack();
  const handle = undo.use(Deno.openSync(path, { read: true }));
  // A link in its place would have been followed.
  const { ino: inode, dev } = handle.statSync();
  if (inode !== seen.ino || dev !== seen.dev) return undefined;
  undo.move();
  return { handle, inode };
}
