/**
 * Writes a layer's files with synchronous calls: an asynchronous one costs more
 * than the system call behind it.
 */

import fs from "node:fs";
import type { TarEntry } from "../formats/tar_entry.ts";
import { InvalidLayerError, NoSpaceError } from "../image_errors.ts";

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

/** Writes all of the bytes. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  guard(() => {
    let at = 0;
    while (at < bytes.length) {
      at += fs.writeSync(fd, bytes, at, bytes.length - at);
    }
  });
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

/** Makes a hard link, and gives the file what the link's entry says. */
export function linkFile(
  target: string,
  path: string,
  attributes: FileAttributes,
): void {
  guard(() => fs.linkSync(target, path));
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

/** Removes an empty file. */
export function removeFile(path: string): void {
  guard(() => fs.unlinkSync(path));
}

/** Removes an empty directory. */
export function removeDirectory(path: string): void {
  guard(() => fs.rmdirSync(path));
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
    if (code === "ENAMETOOLONG") {
      throw new InvalidLayerError(
        "Cannot unpack the layer: the name of an entry is too long",
      );
    }
    throw cause;
  }
}
