/** Reads files of a container's root as the container would see them. */

import type { Abortable } from "../errors/abort.ts";
import type { Libc } from "../process/libc.ts";
import type { OpenFile } from "./open_without_libc.ts";
import { resolveInRoot } from "./resolve_in_root.ts";

/** Options of {@linkcode openInRoot}. */
export interface OpenOptions {
  /** With it, no module of Node is loaded. */
  readonly libc?: Libc | undefined;
}

/** Options of {@linkcode readLinesInRoot}. */
export interface ReadLinesOptions extends Abortable, OpenOptions {
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
  await using file = await openInRoot(root, path, options);
  if (file === undefined) return;
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
  { libc }: OpenOptions = {},
): Promise<OpenFile | undefined> {
  const found = resolveInRoot(root, path, { libc });
  if (found.status === undefined) return undefined;
  // Opening a device could have side effects; opening a socket fails. A link that
  // replaced the file is not followed, and a FIFO does not block.
  const file = found.status.isFile
    ? await openRegular(found.path, libc)
    : undefined;
  if (file !== undefined) return file;
  throw new TypeError(
    `Cannot read "${path}" in "${root}": it is no regular file`,
  );
}

/** Undefined if it is no regular file. */
async function openRegular(
  path: string,
  libc: Libc | undefined,
): Promise<OpenFile | undefined> {
  if (libc === undefined) {
    const { openWithoutLibc } = await import("./open_without_libc.ts");
    return await openWithoutLibc(path);
  }
  const file = libc.openRegular(path);
  return file && {
    // deno-lint-ignore require-await -- files do not wait
    async read(buffer) {
      const count = file.read(buffer);
      if (count < 0) throw new Error(`Cannot read "${path}"`);
      return count;
    },
    // deno-lint-ignore require-await
    async [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
    },
  };
}

async function* readTexts(
  file: OpenFile,
  { signal }: Abortable,
): AsyncIterable<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    signal?.throwIfAborted();
    const count = await file.read(buffer);
    if (count === 0) break;
    yield decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  yield decoder.decode();
}
