/** Files that processes lock, and in which writers leave their token. */

import { dirname } from "@std/path";
import { Buffer } from "node:buffer";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { isErrno } from "../../fs/errno.ts";
import type { Libc, LockKind } from "../../process/libc.ts";

/** An open lock file. Disposing closes it, which drops its lock. */
export interface LockFile extends Disposable {
  /** Tries to take the lock; false if somebody else has it. */
  tryLock(kind: LockKind): boolean;
  /** Who holds it: a process ID, or -1 if not known. */
  findHolder(): number | undefined;
  /** Reads the last writer's token: 64 bytes, fewer if never written. */
  readToken(): Uint8Array;
  writeToken(token: Uint8Array): void;
  /** Whether the file still has a name: the lock of a removed one is void. */
  isLinked(): boolean;
}

/** How long a token is; older tools take a shorter one for "changed". */
export const TOKEN_BYTES = 64;

/**
 * How to open a lock file: `"make"` makes it (0644) and its directory (0700) if
 * missing; `"look"` writes nothing, and takes a missing one, which nobody can
 * hold, for one that is free.
 */
export type LockFileUse = "make" | "look";

/**
 * Opens a lock file. With libc its locks are those of containers/storage (fcntl,
 * open file description); without, they are flock(2), which only orlop respects.
 */
export function openLockFile(
  path: string,
  libc?: Libc,
  use: LockFileUse = "make",
): LockFile {
  const open = () =>
    libc === undefined
      ? openForFlock(path, use)
      : openForRecordLock(path, libc, use);
  if (use === "look" && !existsSync(path)) return MISSING;
  try {
    return open();
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      isErrno(error, "ENOENT");
    if (use === "look" || !isMissing) throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return open();
  }
}

const MISSING: LockFile = {
  tryLock: () => true,
  findHolder: () => undefined,
  readToken: () => new Uint8Array(),
  writeToken() {
    throw new Error("Cannot write to a store: it is not there");
  },
  isLinked: () => false,
  [Symbol.dispose]() {},
};

const FLAGS = {
  make: constants.O_RDWR | constants.O_CREAT,
  look: constants.O_RDONLY, // the store may be, too
} as const satisfies Record<LockFileUse, number>;

function openForRecordLock(
  path: string,
  libc: Libc,
  use: LockFileUse,
): LockFile {
  const fd = openSync(path, FLAGS[use], 0o644);
  if (fstatSync(fd).isDirectory()) {
    closeSync(fd);
    throw new Error(`Cannot lock "${path}": it is a directory; remove it`);
  }
  return {
    // A file that is open for reading has no lock for writing to give, ever.
    tryLock: (kind) => libc.tryLock(fd, use === "look" ? "read" : kind),
    findHolder: () => libc.findLockHolder(fd),
    readToken() {
      const token = Buffer.alloc(TOKEN_BYTES);
      return token.subarray(0, readSync(fd, token, 0, TOKEN_BYTES, 0));
    },
    writeToken(token) {
      writeSync(fd, token, 0, token.byteLength, 0);
    },
    isLinked: () => fstatSync(fd).nlink > 0,
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function openForFlock(path: string, use: LockFileUse): LockFile {
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
