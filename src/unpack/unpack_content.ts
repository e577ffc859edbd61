/** Writes the content of a layer's files to the disk. */

import type { TarEntry } from "../formats/tar/tar_entry.ts";
import { createFile, finishFile, makeHole, writeFully } from "./unpack_file.ts";
import { createSparseWriter } from "./unpack_sparse.ts";

/** Takes the content of a file. */
export interface ContentSink {
  write(bytes: Uint8Array): void;
  end(): void;
  /** Closes what is open. */
  abort(): void;
}

// Files of this size are reported while they are written, each time this much was
// added.
const LARGE_FILE_BYTES = 512 * 1024;
const LARGE_PART_BYTES = 32 * 1024 * 1024;

/**
 * Creates a file.
 *
 * @param onWritten Called when so many bytes were added, if it is a large one.
 * @returns Takes its content; `undefined` if it has none, and is done.
 */
export function openContent(
  path: string,
  entry: TarEntry,
  onWritten: (path: string, bytes: number) => void,
): ContentSink | undefined {
  const fd = createFile(path);
  if (entry.sparse !== undefined) makeHole(fd, entry.sparse.realSize);
  if (entry.size === 0) {
    finishFile(fd, entry);
    return undefined;
  }
  const isLarge = entry.size >= LARGE_FILE_BYTES;
  return fileSink(fd, entry, (bytes) => {
    if (isLarge) onWritten(path, bytes);
  });
}

function fileSink(
  fd: number,
  entry: TarEntry,
  onPart: (bytes: number) => void,
): ContentSink {
  const write = entry.sparse === undefined
    ? (bytes: Uint8Array) => writeFully(fd, bytes)
    : createSparseWriter(
      entry.sparse,
      (bytes, position) => writeFully(fd, bytes, position),
    );
  let isOpen = true;
  let added = 0;
  const finish = () => {
    if (!isOpen) return; // its end failed, and that is the error to tell
    isOpen = false;
    finishFile(fd, entry);
  };
  return {
    write(bytes) {
      write(bytes);
      added += bytes.length;
      if (added < LARGE_PART_BYTES) return;
      onPart(added);
      added = 0;
    },
    end() {
      finish();
      onPart(added);
    },
    abort: finish,
  };
}
