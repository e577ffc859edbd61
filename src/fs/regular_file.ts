/** Opens what is a regular file itself: whatever else stands there is not touched. */

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
 * Opens a regular file to read it: no link is followed, no FIFO waited for.
 *
 * @returns Its descriptor; a text that says why, if there is no such file.
 */
export function openRegularFile(path: string): number | string {
  try {
    const seen = lstatSync(path);
    if (!seen.isFile()) return "it is no regular file";
    // The runtime follows links itself unless it may do all: so it is looked at
    // once more.
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
 * @returns A text that says why, if there is no such file.
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
