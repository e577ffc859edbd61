/**
 * Writes a layer's files with synchronous calls: an asynchronous one costs more
 * than the system call behind it.
 */

import fs from "node:fs";
import { InvalidLayerError, NoSpaceError } from "../errors/image_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { TarEntry } from "../formats/tar/tar_entry.ts";

/** Of an entry, what is set on its file. */
export type FileAttributes = Pick<
  TarEntry,
  "gid" | "mode" | "mtime" | "mtimeNs" | "uid"
>;

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;
const PRIVATE_MODE = 0o600;
const DIRECTORY_MODE = 0o755;

/** Creates a file that must not exist, and is not reached by a symlink. */
export function createFile(path: string): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  return guard(() => fs.openSync(path, flags, PRIVATE_MODE));
}

/**
 * Writes all of the bytes.
 *
 * @param position Where in the file; if omitted, after what was written last.
 */
export function writeFully(
  fd: number,
  bytes: Uint8Array,
  position?: number,
): void {
  guard(() => {
    for (let at = 0; at < bytes.length;) {
      const place = position === undefined ? null : position + at;
      at += fs.writeSync(fd, bytes, at, bytes.length - at, place);
    }
  });
}

/** Makes an empty file so long, with nothing in it. */
export function makeHole(fd: number, bytes: number): void {
  guard(() => fs.ftruncateSync(fd, bytes));
}

/** Sets owner, mode and time, and closes the file. */
export function finishFile(fd: number, attributes: FileAttributes): void {
  guard(() => {
    try {
      setAttributes(fd, attributes);
    } finally {
      fs.closeSync(fd);
    }
  });
}

/**
 * Makes a hard link.
 *
 * @param attributes What the file gets; if omitted, it keeps what it has.
 */
export function linkFile(
  target: string,
  path: string,
  attributes?: FileAttributes,
): void {
  guard(() => fs.linkSync(target, path));
  if (attributes === undefined) return;
  finishFile(
    guard(() => fs.openSync(path, O_RDONLY | O_NOFOLLOW)),
    attributes,
  );
}

/** Makes a directory, whatever the umask. */
export function makeDirectory(path: string): void {
  guard(() => {
    fs.mkdirSync(path, DIRECTORY_MODE);
    fs.chmodSync(path, DIRECTORY_MODE);
  });
}

/** Moves a file, or a directory with all that is in it. */
export function moveFile(from: string, to: string): void {
  guard(() => fs.renameSync(from, to));
}

/** Reads a file; each part is valid until the next. */
export function* readParts(path: string, partBytes: number): Generator<Bytes> {
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW);
  const buffer = new Uint8Array(partBytes);
  try {
    for (;;) {
      const count = fs.readSync(fd, buffer, 0, buffer.length, null);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Whether a time can be set by {@linkcode finishFile}, which takes seconds as a
 * floating-point number, about 240 ns apart.
 */
export function isExactTime({ mtime, mtimeNs }: FileAttributes): boolean {
  if (mtimeNs === 0) return true;
  const seconds = mtime + mtimeNs / 1e9;
  return Math.trunc((seconds - Math.trunc(seconds)) * 1e9) === mtimeNs;
}

function setAttributes(fd: number, attributes: FileAttributes): void {
  const { uid, gid, mode, mtime, mtimeNs } = attributes;
  fs.fchownSync(fd, uid, gid);
  // After the owner, since a new one clears setuid and setgid.
  fs.fchmodSync(fd, mode);
  const seconds = mtime + mtimeNs / 1e9;
  fs.futimesSync(fd, seconds, seconds);
}

function guard<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const { code } = cause as { readonly code?: string };
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new NoSpaceError(
        "Cannot unpack the layer: no space left on device",
      );
    }
    // Deno has no name for this one.
    const isTooLarge = cause instanceof Error &&
      cause.message.startsWith("File too large");
    if (isTooLarge) {
      throw new InvalidLayerError(
        "a file is larger than the file system allows",
      );
    }
    if (code === "ENAMETOOLONG") {
      throw new InvalidLayerError(
        "the name of an entry is too long",
      );
    }
    throw cause;
  }
}
