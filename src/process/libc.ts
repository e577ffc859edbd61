/**
 * The few functions of libc that Deno lacks. This is the only FFI: it is bound
 * once, as the first thing that `main.ts` does, and then the permission to
 * load anything is given up for the whole process.
 */

/** libc functions that were bound before the `ffi` permission was given up. */
export interface Libc {
  /**
   * Tries to lock a whole file (`F_OFD_SETLK`, fcntl(2)). Such locks exclude
   * the POSIX record locks of other processes, unlike flock(2).
   *
   * @param fd An open file, writable for a write lock.
   * @returns False if somebody else has it.
   * @throws {Error} If files cannot be locked there, as on some network mounts.
   */
  tryLock(fd: number, kind: LockKind): boolean;
  /** Finds who holds a conflicting lock: a process ID, or -1 if not known. */
  findLockHolder(fd: number): number | undefined;
  /** Writes all data of the file system that holds `fd` to its disk. */
  syncFileSystem(fd: number): Promise<void>;
  /** Begins to write a file's data to its disk, and waits for nothing. */
  beginWriteBack(fd: number): Promise<void>;
  /** Makes a symbolic link; Deno's own needs unscoped permissions. */
  symlink(target: string, path: string): void;
}

/** Readers share a lock, a writer has it alone. */
export type LockKind = "read" | "write";

/** Where distributions and architectures keep libc; the launcher grants these. */
const LIBC_PATHS = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
] as const;

// fcntl(2) and <fcntl.h>, the same on all 64-bit Linux.
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
const FLOCK_BYTES = 32;
const SYNC_FILE_RANGE_WRITE = 2;
const FLOCK_PID_OFFSET = 24;
const LITTLE_ENDIAN = true; // as are x86-64 and arm64 under Linux

/**
 * Binds libc and revokes the `ffi` permission. Call it once, first.
 *
 * @returns Undefined if `ffi` is not granted, or there is no glibc.
 * @example
 * ```ts
 * import { openAgent, takeLibc } from "orlop";
 * const libc = takeLibc(); // nothing can load native code from here on
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run`, libc });
 * ```
 */
export function takeLibc(): Libc | undefined {
  const library = loadFirst();
  Deno.permissions.revokeSync({ name: "ffi" });
  return library === undefined ? undefined : wrap(library);
}

const SYMBOLS = {
  fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  syncfs: { parameters: ["i32"], result: "i32", nonblocking: true },
  sync_file_range: {
    parameters: ["i32", "i64", "i64", "u32"],
    result: "i32",
    nonblocking: true,
  },
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

function loadFirst(): Library | undefined {
  for (const path of LIBC_PATHS) {
    const state = Deno.permissions.querySync({ name: "ffi", path }).state;
    if (state !== "granted") continue;
    try {
      return Deno.dlopen(path, SYMBOLS);
    } catch {
      // Not where this machine keeps it.
    }
  }
  return undefined;
}

function wrap({ symbols }: Library): Libc {
  return {
    tryLock(fd, kind) {
      const type = kind === "read" ? F_RDLCK : F_WRLCK;
      if (symbols.fcntl(fd, F_OFD_SETLK, makeFlock(type)) === 0) return true;
      // To ask who has it fails only where there are no locks at all.
      if (symbols.fcntl(fd, F_OFD_GETLK, makeFlock(type)) === 0) return false;
      throw new Error("Cannot lock a file: its file system has no locks");
    },
    findLockHolder(fd) {
      const flock = makeFlock(F_WRLCK);
      if (symbols.fcntl(fd, F_OFD_GETLK, flock) !== 0) return undefined;
      const view = new DataView(flock.buffer);
      if (view.getInt16(0, LITTLE_ENDIAN) === F_UNLCK) return undefined;
      return view.getInt32(FLOCK_PID_OFFSET, LITTLE_ENDIAN);
    },
    async syncFileSystem(fd) {
      if (await symbols.syncfs(fd) === 0) return;
      throw new Error("Cannot write the store to its disk: syncfs failed");
    },
    async beginWriteBack(fd) {
      // It is to save time; that data is lost is for the sync to tell.
      await symbols.sync_file_range(fd, 0n, 0n, SYNC_FILE_RANGE_WRITE);
    },
    symlink(target, path) {
      if (symbols.symlink(toCString(target), toCString(path)) === 0) return;
      throw new Error(`Cannot make symbolic link "${path}" to "${target}"`);
    },
  };
}

function makeFlock(type: number): Uint8Array<ArrayBuffer> {
  const flock = new Uint8Array(FLOCK_BYTES);
  new DataView(flock.buffer).setInt16(0, type, LITTLE_ENDIAN);
  return flock;
}

function toCString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new TypeError(`Cannot use "${text}": NUL`);
  return new TextEncoder().encode(`${text}\0`);
}
