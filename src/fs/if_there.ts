/**
 * File calls for which a missing file is no error. This module loads no module of
 * Node.
 */

import { DamagedFileError } from "../errors/store_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { Libc } from "../process/libc.ts";
import { isErrno } from "./errno.ts";

/**
 * Whether there is something at a path, links followed, that can be seen.
 *
 * @param libc Ten times as fast for a missing file: an exception of Deno takes some
 *   60 µs, which adds up for a thousand containers.
 */
export function isThere(path: string, libc?: Libc): boolean {
  if (libc !== undefined) return libc.readStatus(path) !== undefined;
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a name is there, be it that of a link which leads nowhere. */
export function isNameThere(path: string, libc?: Libc): boolean {
  return libc === undefined
    ? lstatIfThere(path) !== undefined
    : libc.readStatus(path, { links: "show" }) !== undefined;
}

/** Looks at a file, links followed; undefined if there is none. */
export function statIfThere(path: string): Deno.FileInfo | undefined {
  return unlessAbsent(() => Deno.statSync(path));
}

/**
 * Looks at a file or a link itself; undefined if there is none.
 *
 * @param libc With it, what is missing costs no error: see {@linkcode isThere}.
 */
export function lstatIfThere(
  path: string,
  libc?: Libc,
): Deno.FileInfo | undefined {
  if (libc !== undefined && !isNameThere(path, libc)) return undefined;
  return unlessAbsent(() => Deno.lstatSync(path));
}

/** Whether a directory is there, and no link to one. */
export function isDirectoryThere(path: string): boolean {
  return lstatIfThere(path)?.isDirectory === true;
}

// A table of ten thousand images has 20 MB.
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Reads a file.
 *
 * @param maxBytes Of a larger one, nothing is read.
 * @throws {DamagedFileError} If it is larger, or not a regular file, such as a
 * FIFO, which might never end.
 */
export function readBytes(path: string, maxBytes: number = MAX_BYTES): Bytes {
  requireFile(path, maxBytes);
  return Deno.readFileSync(path);
}

/**
 * Reads a text file, as UTF-8.
 *
 * @throws {DamagedFileError} As `readBytes()` does.
 */
export function readText(path: string): string {
  requireFile(path, MAX_BYTES);
  return Deno.readTextFileSync(path);
}

/** Reads a file; undefined if there is none. @throws As `readBytes()` does. */
export function readIfThere(path: string): Bytes | undefined {
  return unlessMissing(() => readBytes(path));
}

/** Reads a text file; undefined if there is none. @throws As `readBytes()` does. */
export function readTextIfThere(path: string): string | undefined {
  return unlessMissing(() => readText(path));
}

/** Reads a text file; undefined if there is none, or none that can be read. */
export function tryReadText(path: string): string | undefined {
  try {
    return readText(path);
  } catch {
    return undefined; // the file is optional for this caller
  }
}

/** A read of a FIFO without a writer would block for ever. */
function requireFile(path: string, maxBytes: number): void {
  const { isFile, isDirectory, size } = Deno.statSync(path);
  if (isDirectory) return; // the system refuses it
  if (isFile && size <= maxBytes) return;
  const why = isFile ? `it has ${size} bytes` : "it is no regular file";
  throw new DamagedFileError(`Cannot read "${path}": ${why}`, { path });
}

/** Reads where a link leads to; undefined if there is none, or something else. */
export function readLinkIfThere(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Removes a file, a link, or an empty directory, unless it is gone already. */
export function removeIfThere(path: string): void {
  unlessMissing(() => Deno.removeSync(path));
}

function unlessMissing<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function unlessAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (isAbsent) return undefined;
    throw error;
  }
}
