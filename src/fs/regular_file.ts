/** Opens regular files only; other types are not opened at all. */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
} from "node:fs";
import type { Bytes } from "../formats/bytes.ts";
import { isErrno } from "./errno.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Opens a regular file to read it, without following links or waiting for a FIFO.
 *
 * @returns Its descriptor, or the reason as a text.
 */
export function openRegularFile(path: string): number | string {
  try {
    const seen = lstatSync(path);
    if (!seen.isFile()) return "it is no regular file";
    // Deno with scoped permissions follows links itself: so the file is checked
    // again.
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const opened = fstatSync(fd);
    if (opened.ino === seen.ino && opened.dev === seen.dev) return fd;
    closeSync(fd);
    return "it is another file now";
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return "it is missing";
    if (isErrno(error, "ELOOP", "ENXIO")) return "it is no regular file";
    throw error;
  }
}

/**
 * Reads a regular file at once.
 *
 * @param maxBytes Of a larger one, nothing is read.
 * @returns Its bytes, or the reason as a text.
 */
export function readRegularFile(
  path: string,
  maxBytes: number,
): Bytes | string {
  const fd = openRegularFile(path);
  if (typeof fd === "string") return fd;
  try {
    const { size } = fstatSync(fd);
    if (size > maxBytes) return `it has ${size} bytes`;
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}
