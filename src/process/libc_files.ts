/** Opens files by libc, as Deno's own calls lack locks and flags. */

import { S_IFIFO, S_IFREG, statusOf, typeOf } from "./libc_status.ts";
import { type LibcSymbols, toCString } from "./libc_symbols.ts";
import { isPathGranted } from "./path_grants.ts";

/** The kind of a lock: shared by readers, or exclusive. */
export type LockKind = "read" | "write";

/** Whether a missing lock file is made. */
export type LockUse = "make" | "look";

/** An open file that can be locked. Disposing closes it, and drops its lock. */
export interface LockDescriptor extends Disposable {
  /**
   * Tries to lock the whole file (`F_OFD_SETLK`, fcntl(2)). Such locks exclude
   * the POSIX record locks of other processes, unlike flock(2).
   *
   * @returns False if another process has it.
   * @throws {Error} If files cannot be locked there, as on some network mounts.
   */
  tryLock(kind: LockKind): boolean;
  /** Finds who holds a conflicting lock: a process ID, or -1 if not known. */
  findHolder(): number | undefined;
  /** Reads the beginning of the file. @returns How many bytes there were. */
  read(buffer: Uint8Array<ArrayBuffer>): number;
  /** Writes over the beginning of the file. @throws {Error} If it fails. */
  write(bytes: Uint8Array<ArrayBuffer>): void;
  /** Whether it is a regular file: others can be opened, too. */
  isRegular(): boolean;
  /** Whether it still has a name. */
  isLinked(): boolean;
}

/** An open file that is read from its beginning on. */
export interface ReadDescriptor extends Disposable {
  /** Reads on. @returns How many bytes; 0 at the end, -1 if it fails. */
  read(buffer: Uint8Array<ArrayBuffer>): number;
}

/** How files are opened, <fcntl.h>: the same on all 64-bit Linux, */
export const O_RDONLY = 0;
const O_WRONLY = 1;
/** For reading and writing. */
export const O_RDWR = 2;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
const IS_ARM = Deno.build.arch === "aarch64";
/** and these not. */
export const O_DIRECTORY: number = IS_ARM ? 0o40000 : 0o200000;
export const O_NOFOLLOW: number = IS_ARM ? 0o100000 : 0o400000;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
const FLOCK_BYTES = 32;
const FLOCK_PID_OFFSET = 24;
const LITTLE_ENDIAN = true; // as are x86-64 and arm64 under Linux
const LOCK_MODE = 0o644;
/** The mode argument if no file is created. */
export const NO_MODE = 0;

/** See `Libc.openLock()`. */
export function openLock(
  symbols: LibcSymbols,
  path: string,
  use: LockUse,
): LockDescriptor {
  const fd = use === "make"
    ? openToMake(symbols, path)
    : openToRead(symbols, path);
  return {
    tryLock(kind) {
      const type = kind === "read" ? F_RDLCK : F_WRLCK;
      if (symbols.fcntl(fd, F_OFD_SETLK, makeFlock(type)) === 0) return true;
      // This query fails only on file systems without locks.
      if (symbols.fcntl(fd, F_OFD_GETLK, makeFlock(type)) === 0) return false;
      throw new Error("Cannot lock a file: its file system has no locks");
    },
    findHolder() {
      const flock = makeFlock(F_WRLCK);
      if (symbols.fcntl(fd, F_OFD_GETLK, flock) !== 0) return undefined;
      const view = new DataView(flock.buffer);
      if (view.getInt16(0, LITTLE_ENDIAN) === F_UNLCK) return undefined;
      return view.getInt32(FLOCK_PID_OFFSET, LITTLE_ENDIAN);
    },
    read: (buffer) => Math.max(0, readAt(symbols, { fd, buffer, offset: 0 })),
    write(bytes) {
      const size = BigInt(bytes.byteLength);
      if (symbols.pwrite(fd, bytes, size, 0n) !== size) writeAgain(path, bytes);
    },
    isRegular: () => typeOf(statusOf(symbols, { fd })) === S_IFREG,
    isLinked: () => (statusOf(symbols, { fd })?.links ?? 0) > 0,
    [Symbol.dispose]: () => void symbols.close(fd),
  };
}

function openToMake(symbols: LibcSymbols, path: string): number {
  const flags = O_RDWR | O_NONBLOCK | O_CLOEXEC;
  // Nothing is made where a link leads.
  for (const more of [0, O_CREAT | O_NOFOLLOW]) {
    const fd = openGranted(symbols, path, {
      permission: "write",
      flags: flags | more,
      mode: LOCK_MODE,
    });
    if (fd >= 0) return fd;
  }
  const isThere = statusOf(symbols, { path, links: "show" }) !== undefined;
  throw failureOf(path, { read: true, write: true, createNew: !isThere });
}

function openToRead(symbols: LibcSymbols, path: string): number {
  const flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC; // a FIFO would wait
  const fd = openGranted(symbols, path, { permission: "read", flags });
  if (fd >= 0) return fd;
  throw failureOf(path, { read: true });
}

/**
 * Opens a file by its name, if Deno would open it, too.
 *
 * @returns Its descriptor; -1 if that fails.
 */
export function openGranted(
  symbols: LibcSymbols,
  path: string,
  { permission, flags, mode = NO_MODE }: {
    readonly permission: "read" | "write";
    readonly flags: number;
    /** Of what is made. */
    readonly mode?: number;
  },
): number {
  if (!isGranted(permission, path)) return -1;
  return symbols.open(toCString(path), flags, mode);
}

/** Whether Deno may read or write what a path names. */
export function isGranted(name: "read" | "write", path: string): boolean {
  return path.startsWith("/") && !/^\/(dev(?!\/shm\/)|proc|sys)\//.test(path) &&
    isPathGranted(name, path);
}

/** Deno's error for the same call explains the failure. */
function failureOf(path: string, asked: Deno.OpenOptions): Error {
  try {
    Deno.openSync(path, asked).close();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return new Error(`Cannot open "${path}": it changes`);
}

/** The same for what is written. */
function writeAgain(path: string, bytes: Uint8Array<ArrayBuffer>): void {
  using file = Deno.openSync(path, { write: true });
  if (file.writeSync(bytes) === bytes.byteLength) return;
  throw new Error(`Cannot write "${path}": it takes only a part`);
}

/** See `Libc.openRegular()`. */
export function openRegular(
  symbols: LibcSymbols,
  path: string,
): ReadDescriptor | undefined {
  if (!Deno.lstatSync(path).isFile) return undefined; // or Deno's error explains it
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const fd = openGranted(symbols, path, { permission: "read", flags });
  if (fd < 0) throw new Error(`Cannot open "${path}"`);
  if (typeOf(statusOf(symbols, { fd })) === S_IFREG) {
    return toReader(symbols, fd);
  }
  symbols.close(fd);
  return undefined;
}

/** See `Libc.emptyFile()`. */
export function emptyFile(symbols: LibcSymbols, path: string): boolean {
  const flags = O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const fd = openGranted(symbols, path, { permission: "write", flags });
  if (fd >= 0) symbols.close(fd);
  return fd >= 0;
}

/** See `Libc.hasReader()`. */
export function hasReader(symbols: LibcSymbols, path: string): boolean {
  if (!isFifo(symbols, path)) return false;
  const fd = openFifo(symbols, path);
  if (fd >= 0) symbols.close(fd);
  return fd >= 0;
}

/** Opens a FIFO to write; -1 if it has no reader: ENXIO, fifo(7). */
export function openFifo(symbols: LibcSymbols, path: string): number {
  const flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  return openGranted(symbols, path, { permission: "write", flags });
}

function isFifo(symbols: LibcSymbols, path: string): boolean {
  return typeOf(statusOf(symbols, { path, links: "show" })) === S_IFIFO;
}

/** Opens a kernel file to read it; undefined if that fails. */
export function openKernelFile(
  symbols: LibcSymbols,
  path: string,
): ReadDescriptor | undefined {
  const fd = symbols.open(toCString(path), O_RDONLY | O_CLOEXEC, NO_MODE);
  return fd < 0 ? undefined : toReader(symbols, fd);
}

function toReader(symbols: LibcSymbols, fd: number): ReadDescriptor {
  let offset = 0;
  return {
    read(buffer) {
      const count = readAt(symbols, { fd, buffer, offset });
      offset += Math.max(0, count);
      return count;
    },
    [Symbol.dispose]: () => void symbols.close(fd),
  };
}

function readAt(
  { pread }: LibcSymbols,
  { fd, buffer, offset }: {
    readonly fd: number;
    readonly buffer: Uint8Array<ArrayBuffer>;
    readonly offset: number;
  },
): number {
  const size = BigInt(buffer.byteLength);
  return Number(pread(fd, buffer, size, BigInt(offset)));
}

function makeFlock(type: number): Uint8Array<ArrayBuffer> {
  const flock = new Uint8Array(FLOCK_BYTES);
  new DataView(flock.buffer).setInt16(0, type, LITTLE_ENDIAN);
  return flock;
}
