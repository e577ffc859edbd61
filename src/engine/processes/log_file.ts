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
const CHUNK_BYTES = 256 * 1024;
// conmon cuts lines at 8 KiB; what is longer was written by something else.
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Opens a log: what is no regular file counts as none. If it is moved away, or cut,
 * its successor is read from the beginning.
 */
export function openLogFile(path: string): LogFile {
  let file = open(path);
  let rest: Bytes = new Uint8Array(0);
  let offset = 0;
  let isSkipping = false; // up to the end of a line
  return {
    *readLines() {
      for (;;) {
        const isLast = !hasSuccessor();
        yield* readOpened();
        if (isLast) return;
        reopen();
      }
    },
    seekFromEnd(bytes) {
      offset = Math.max(0, this.size - bytes);
      rest = new Uint8Array(0);
      isSkipping = offset > 0;
    },
    get size() {
      return file?.handle.statSync().size ?? 0;
    },
    [Symbol.dispose]() {
      file?.handle.close();
      file = undefined;
    },
  };

  function hasSuccessor(): boolean {
    if (file === undefined) return lstatIfThere(path)?.isFile === true;
    const found = lstatIfThere(path);
    return found?.isFile === true && found.ino !== file.inode;
  }

  function reopen(): void {
    file?.handle.close();
    file = open(path);
    rest = new Uint8Array(0);
    offset = 0;
    isSkipping = false;
  }

  function* readOpened(): Generator<readonly Bytes[]> {
    if (file === undefined) return;
    // It was cut, as by `: > ctr.log`.
    if (file.handle.statSync().size < offset) offset = 0;
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      file.handle.seekSync(offset, Deno.SeekMode.Start);
      const count = file.handle.readSync(buffer);
      if (count === null) return;
      offset += count;
      yield takeLines(buffer.slice(0, count));
    }
  }

  function takeLines(chunk: Bytes): readonly Bytes[] {
    const lines: Bytes[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      const line = chunk.subarray(start, end);
      if (!isSkipping) {
        lines.push(rest.length === 0 ? line : concatBytes([rest, line]));
      }
      rest = new Uint8Array(0);
      start = end + 1;
      isSkipping = false;
    }
    if (isSkipping) return lines;
    rest = concatBytes([rest, chunk.subarray(start)]);
    if (rest.length <= MAX_LINE_BYTES) return lines;
    rest = new Uint8Array(0);
    isSkipping = true;
    return lines;
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
