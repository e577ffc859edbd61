/** Reads files of a container's root as the container would see them. */

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Abortable } from "../errors/abort.ts";
import { resolveInRoot } from "./resolve_in_root.ts";

/** Options of {@linkcode readLinesInRoot}. */
export interface ReadLinesOptions extends Abortable {
  /** Refuses longer files, in bytes; 256 MiB is the default. */
  readonly maxSize?: number;
  /** Refuses longer lines, in characters; 16 Mi is the default. */
  readonly maxLine?: number;
}

// Four million users, and a group that has a million of them.
const DEFAULT_MAX_SIZE = 256 * 1024 * 1024;
const DEFAULT_MAX_LINE = 16 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a text file below a directory that is taken for the root of all names,
 * line by line, as {@linkcode resolveInRoot} finds it. Nothing but a regular
 * file is ever opened.
 *
 * @param path Such as `etc/passwd`; if there is no such file, no line comes.
 * @throws {TypeError} If it is no regular file, too long, or a loop of links.
 */
export async function* readLinesInRoot(
  root: string,
  path: string,
  options: ReadLinesOptions = {},
): AsyncIterable<string> {
  const { maxSize = DEFAULT_MAX_SIZE, maxLine = DEFAULT_MAX_LINE } = options;
  const fail = (why: string) =>
    new TypeError(`Cannot read "${path}" in "${root}": ${why}`);
  const file = await openInRoot(root, path);
  if (file === undefined) return;
  try {
    let size = 0;
    let begun = ""; // the line that is not whole
    for await (const text of readTexts(file, options)) {
      if ((size += text.length) > maxSize) {
        throw fail(`it is longer than ${maxSize} bytes`);
      }
      const [next = "", ...more] = text.split("\n");
      begun += next;
      if (begun.length > maxLine) {
        throw fail(`a line of it is longer than ${maxLine} characters`);
      }
      for (const line of more) {
        yield begun;
        begun = line;
      }
    }
    if (begun !== "") yield begun;
  } finally {
    await file.close();
  }
}

/**
 * Opens a regular file of a root to read it.
 *
 * @returns `undefined` if there is no such file.
 * @throws {TypeError} If it is something else, or a loop of links.
 */
export async function openInRoot(
  root: string,
  path: string,
): Promise<FileHandle | undefined> {
  const found = resolveInRoot(root, path);
  if (found.status === undefined) return undefined;
  // Opening a device could act on it; opening a socket fails.
  if (!found.status.isFile) throw notRegular();
  // A link that was put there just now is not followed, a FIFO not waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW |
    constants.O_NONBLOCK;
  const file = await open(found.path, flags);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw notRegular();

  function notRegular(): TypeError {
    return new TypeError(
      `Cannot read "${path}" in "${root}": it is no regular file`,
    );
  }
}

async function* readTexts(
  file: FileHandle,
  { signal }: Abortable,
): AsyncIterable<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) break;
    yield decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
  }
  yield decoder.decode();
}
