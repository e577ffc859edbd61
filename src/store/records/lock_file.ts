/** Lock files, in which writers also write their token. */

import { dirname } from "@std/path";
import type { Bytes } from "../../formats/bytes.ts";
import { isErrno } from "../../fs/errno.ts";
import type { Libc } from "../../process/libc.ts";
import type { LockKind, LockUse } from "../../process/libc_files.ts";
import { findWrongKind } from "./lock_faults.ts";

/** An open lock file. Disposing closes it, which drops its lock. */
export interface LockFile extends Disposable {
  /** Tries to take the lock; false if another process holds it. */
  tryLock(kind: LockKind): boolean;
  /** Who holds it: a process ID, or -1 if not known. */
  findHolder(): number | undefined;
  /** Reads the last writer's token: 64 bytes, fewer if never written. */
  readToken(): Bytes;
  writeToken(token: Bytes): void;
  /** Whether the file still has a name: a lock on a removed file is worthless. */
  isLinked(): boolean;
}

/** The length of a token; older tools treat a shorter one as changed. */
export const TOKEN_BYTES = 64;

/**
 * Opens a lock file. With libc its locks are those of containers/storage (fcntl,
 * open file description); without, they are flock(2), which only orlop respects.
 *
 * @param use `"make"` makes it (0644) and its directory (0700) if missing; `"look"`
 *   writes nothing, and treats a missing one as free, as nobody can hold it.
 * @throws {DamagedStoreError} If something else is in its place.
 */
export function openLockFile(
  path: string,
  libc?: Libc,
  use: LockUse = "make",
): LockFile {
  const open = () =>
    libc === undefined
      ? openForFlock(path, use)
      : openForRecordLock(path, use, libc);
  try {
    return open();
  } catch (error) {
    const wrong = findWrongKind(path);
    if (wrong !== undefined) throw wrong;
    if (!isErrno(error, "ENOENT")) throw error;
  }
  if (use === "look") return UNLOCKED;
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return open();
}

/** Of a file that nobody can hold. */
export const UNLOCKED: LockFile = {
  tryLock: () => true,
  findHolder: () => undefined,
  readToken: () => new Uint8Array(),
  writeToken() {
    throw new Error("Cannot write to a store: it is not there");
  },
  isLinked: () => false,
  [Symbol.dispose]() {},
};

function openForRecordLock(
  path: string,
  use: LockUse,
  libc: Libc,
): LockFile {
  const file = libc.openLock(path, use);
  if (!file.isRegular()) {
    file[Symbol.dispose]();
    throw new Error(`Cannot lock "${path}": it is no file; remove it`);
  }
  return {
    // A file that is opened for reading cannot be locked for writing.
    tryLock: (kind) => file.tryLock(use === "look" ? "read" : kind),
    findHolder: () => file.findHolder(),
    readToken() {
      const token = new Uint8Array(TOKEN_BYTES);
      return token.subarray(0, file.read(token));
    },
    writeToken: (token) => file.write(token),
    isLinked: () => file.isLinked(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function openForFlock(path: string, use: LockUse): LockFile {
  const wrong = findWrongKind(path); // Deno would wait for a FIFO
  if (wrong !== undefined) throw wrong;
  const isToMake = use === "make";
  const file = Deno.openSync(path, {
    read: true,
    write: isToMake,
    create: isToMake,
    ...(isToMake && { mode: 0o644 }),
  });
  return {
    tryLock: (kind) => file.tryLockSync(kind === "write"),
    findHolder: () => undefined,
    readToken() {
      const token = new Uint8Array(TOKEN_BYTES);
      file.seekSync(0, Deno.SeekMode.Start);
      return token.subarray(0, file.readSync(token) ?? 0);
    },
    writeToken(token) {
      file.seekSync(0, Deno.SeekMode.Start);
      file.writeSync(token);
    },
    isLinked: () => (file.statSync().nlink ?? 1) > 0,
    [Symbol.dispose]: () => file.close(),
  };
}
