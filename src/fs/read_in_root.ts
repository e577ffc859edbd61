/** Reads files of a container's root as the container would see them. */

import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "@std/path";
import { toText } from "../formats/bytes.ts";

/** Options of {@linkcode readInRoot}. */
export interface ReadInRootOptions {
  /** Refuses longer files, in bytes; 1 MiB is the default. */
  readonly maxSize?: number;
}

const DEFAULT_MAX_SIZE = 1024 * 1024;
// The kernel's MAXSYMLINKS.
const MAX_LINKS = 40;

/**
 * Reads a text file below a directory that is taken for the root of all
 * names: symbolic links, absolute ones and `..` too, never lead out of it.
 * Nobody may change the tree meanwhile: a container that runs in it could.
 *
 * @param path Such as `etc/passwd`.
 * @returns Its text, or `undefined` if there is no such file.
 * @throws {TypeError} If it is no regular file, too long, or a loop of links.
 */
export async function readInRoot(
  root: string,
  path: string,
  options: ReadInRootOptions = {},
): Promise<string | undefined> {
  const { maxSize = DEFAULT_MAX_SIZE } = options;
  const fail = (why: string) =>
    new TypeError(`Cannot read "${path}" in "${root}": ${why}`);
  const found = await resolveInRoot(root, path, fail);
  if (found === undefined) return undefined;
  // A link that was put there just now is not followed, a fifo not waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW |
    constants.O_NONBLOCK;
  const file = await open(found, flags);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw fail("it is no regular file");
    const bytes = await readAtMost(file, maxSize + 1);
    if (bytes.byteLength > maxSize) throw fail(`more than ${maxSize} bytes`);
    return toText(bytes);
  } finally {
    await file.close();
  }
}

/** Finds the real path of what a name means inside of a root. */
async function resolveInRoot(
  root: string,
  path: string,
  fail: (why: string) => TypeError,
): Promise<string | undefined> {
  const pending = path.split("/").toReversed();
  let resolved: string[] = [];
  let links = 0;
  let isFile = false;
  while (pending.length > 0) {
    const name = pending.pop();
    if (name === undefined || name === "" || name === ".") continue;
    if (name === "..") {
      resolved.pop();
      continue;
    }
    const next = join(root, ...resolved, name);
    const status = await lstatIfThere(next);
    if (status === undefined) return undefined;
    if (status.isSymlink) {
      if (++links > MAX_LINKS) throw fail("too many symbolic links");
      const target = await Deno.readLink(next);
      if (target.startsWith("/")) resolved = [];
      pending.push(...target.split("/").toReversed());
      continue;
    }
    resolved.push(name);
    isFile = status.isFile;
    // Opening a device could act on it; opening a socket fails.
    if (!isFile && !status.isDirectory) throw fail("it is no regular file");
  }
  if (!isFile) throw fail("it is no regular file");
  return join(root, ...resolved);
}

async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    // Not a directory: a file stands where the name has a directory.
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** Reads a file that may grow meanwhile. */
async function readAtMost(file: FileHandle, limit: number): Promise<Buffer> {
  const buffer = Buffer.alloc(limit);
  let filled = 0;
  while (filled < limit) {
    const { bytesRead } = await file.read(buffer, filled, limit - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
