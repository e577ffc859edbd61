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
  /** Sets the permission bits that new files of the process do not get. */
  setUmask(mask: number): void;
  /**
   * Makes the short link of a layer, `…/overlay/l/NAME` to `../ID/diff`; no other
   * link, as the runtime writes through links that lead out of the folders that
   * it is confined to. Its own function wants more permissions than orlop has.
   *
   * @throws {TypeError} If it is another link, or where orlop may not write.
   */
  symlink(target: string, path: string): void;
  /** This process's limit of a resource, by its number: getrlimit(2). */
  readLimit(resource: number): ResourceLimit | undefined;
  /** The capabilities that this process may use, a bit each: capget(2). */
  readCapabilities(): bigint | undefined;
  /**
   * Looks at a file, also below /dev, /proc and /sys, of which Deno shows
   * nothing: statx(2). Links are followed.
   *
   * @returns Undefined if there is none, or it cannot be seen.
   */
  readStatus(path: string): FileStatus | undefined;
  /**
   * Reads the kernel's table of mounts, `/proc/self/mountinfo`: no other file.
   *
   * @returns Its text; undefined if it cannot be read.
   */
  readMountTable(): string | undefined;
}

/** A limit of a resource; all bits set is none. */
export interface ResourceLimit {
  /** What counts. */
  readonly soft: bigint;
  /** What it can be raised to. */
  readonly hard: bigint;
}

/** What is known of a file. */
export interface FileStatus {
  /** Its type and permissions, as in stat(2). */
  readonly mode: number;
  /** The owner. */
  readonly uid: number;
  /** The owning group. */
  readonly gid: number;
  /** Of a device: its driver, */
  readonly major: number;
  /** and its number there. */
  readonly minor: number;
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
// <linux/capability.h>
const CAPABILITY_VERSION = 0x20080522;
const OWN_PROCESS = 0;
// <linux/stat.h> and <fcntl.h>
const STATX_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;
const AT_FDCWD = -100;
const O_RDONLY_CLOEXEC = 0o2000000;
const MOUNT_TABLE = "/proc/self/mountinfo";
// The kernel hands out a page at a time, whatever is asked for.
const READ_BYTES = 64 * 1024;

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
  umask: { parameters: ["u32"], result: "u32" },
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  capget: { parameters: ["buffer", "buffer"], result: "i32" },
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
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
    setUmask(mask) {
      symbols.umask(mask);
    },
    symlink(target, path) {
      if (!isShortLink(target, path)) {
        throw new TypeError(
          `Cannot make symbolic link "${path}" to "${target}": it is none of ` +
            "a layer, or orlop may not write there",
        );
      }
      if (symbols.symlink(toCString(target), toCString(path)) === 0) return;
      throw new Error(`Cannot make symbolic link "${path}" to "${target}"`);
    },
    readLimit(resource) {
      const limit = new BigUint64Array(2);
      if (symbols.getrlimit(resource, limit) !== 0) return undefined;
      const [soft, hard] = limit;
      return soft === undefined || hard === undefined
        ? undefined
        : { soft, hard };
    },
    readCapabilities() {
      const header = new Uint32Array([CAPABILITY_VERSION, OWN_PROCESS]);
      // Effective, permitted, inheritable: the low halves, then the high ones.
      const sets = new Uint32Array(6);
      if (symbols.capget(header, sets) !== 0) return undefined;
      const [, low = 0, , , high = 0] = sets;
      return (BigInt(high) << 32n) | BigInt(low);
    },
    readStatus(path) {
      const status = new Uint8Array(STATX_BYTES);
      const name = toCString(path);
      const code = symbols.statx(AT_FDCWD, name, 0, STATX_BASIC_STATS, status);
      return code === 0 ? readStatx(new DataView(status.buffer)) : undefined;
    },
    readMountTable: () => readMountTable(symbols),
  };
}

function readMountTable(
  { open, read, close }: Library["symbols"],
): string | undefined {
  const fd = open(toCString(MOUNT_TABLE), O_RDONLY_CLOEXEC);
  if (fd < 0) return undefined;
  try {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(READ_BYTES);
    let text = "";
    for (;;) {
      const count = Number(read(fd, buffer, BigInt(READ_BYTES)));
      if (count < 0) return undefined;
      if (count === 0) return text + decoder.decode();
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  } finally {
    close(fd);
  }
}

function readStatx(view: DataView): FileStatus {
  const number = (offset: number) => view.getUint32(offset, LITTLE_ENDIAN);
  return {
    uid: number(20),
    gid: number(24),
    mode: view.getUint16(28, LITTLE_ENDIAN),
    major: number(128),
    minor: number(132),
  };
}

// What a store has: containers/storage, drivers/overlay.
const LINK_TARGET = /^\.\.\/[0-9a-f]{64}\/diff$/;
const LINK_PATH = /^\/(?!.*\/\.\.?\/).*\/overlay\/l\/[A-Z0-9]{26}$/s;

function isShortLink(target: string, path: string): boolean {
  return LINK_TARGET.test(target) && LINK_PATH.test(path) &&
    Deno.permissions.querySync({ name: "write", path }).state === "granted";
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
