/** Reads the file of a container's log, also while it grows and is replaced. */

import { type Bytes, concatBytes } from "../../formats/bytes.ts";
import { lstatIfThere } from "../../fs/if_there.ts";

/** An open log, if it exists by now. Disposing closes it. */
export interface LogFile extends Disposable {
  /** The complete lines that were not read yet, in batches. */
  readLines(): Generator<readonly Bytes[]>;
  /** Seeks to the first line after the position `bytes` before the end. */
  seekFromEnd(bytes: number): void;
  /** The current size in bytes. */
  readonly size: number;
}

const NEWLINE = 0x0a;
const NO_BYTES: Bytes = new Uint8Array(0);
const CHUNK_BYTES = 256 * 1024;
// conmon splits lines at 8 KiB; longer ones were written by another program.
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Opens a log; anything but a regular file counts as missing. If it is moved away
 * or truncated, reading continues at the beginning of the new file.
 */
export function openLogFile(path: string): LogFile {
  return new OpenLog(path);
}

class OpenLog implements LogFile {
  readonly #path: string;
  #file: ReturnType<typeof open>;
  /** The next position to read. */
  #offset = 0;
  /** The unfinished line. */
  #rest = NO_BYTES;
  /** Whether to skip to the end of the line. */
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

  /** A line that was begun before the position is skipped. */
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
    // It was truncated, as by `: > ctr.log`.
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

/** Undefined if it does not exist yet, or is not a regular file. */
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
