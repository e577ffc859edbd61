/**
 * The few functions of libc that Deno lacks. This is the only FFI: it is bound
 * once, first of all in `main.ts`; then the permission to load libraries is revoked
 * for the whole process.
 */

import {
  emptyFile,
  hasReader,
  type LockDescriptor,
  type LockUse,
  openLock,
  openRegular,
  type ReadDescriptor,
} from "./libc_files.ts";
import {
  type FileStatus,
  isMountPoint,
  readSpace,
  type Space,
  statusOf,
  versionOf,
} from "./libc_status.ts";
import {
  type ProcessFile,
  readCgroupFile,
  readMemoryTable,
  readMountTable,
  readProcessFile,
} from "./libc_proc.ts";
import type { LibcMounts } from "./libc_mounts.ts";
import type { LibcRoots } from "./libc_roots.ts";
import type { LibcSockets } from "./libc_sockets.ts";
import type { LibcTerminals } from "./libc_terminals.ts";
import {
  type LibcSymbols,
  SOCKET_SYMBOLS,
  type SocketSymbols,
  SYMBOLS,
  toCString,
  unwrapResults,
  wrapResults,
} from "./libc_symbols.ts";

/** libc functions that were bound before the `ffi` permission was revoked. */
export interface Libc {
  /**
   * Opens a file to lock it. Deno's own files have locks that only Deno's
   * programs respect.
   *
   * @param use `"make"` makes it, 0644, if it is missing; `"look"` opens it to
   *   read, also where nothing can be written.
   * @throws {Error} Deno's own, as of `Deno.openSync()`.
   */
  openLock(path: string, use: LockUse): LockDescriptor;
  /**
   * Opens a regular file to read it: no symbolic link, and no FIFO or device.
   *
   * @returns Undefined if something else is there.
   * @throws {Error} Deno's own, as of `Deno.lstatSync()`.
   */
  openRegular(path: string): ReadDescriptor | undefined;
  /**
   * Empties a file, and follows no symbolic link.
   *
   * @returns Whether it did; not if there is none, or it may not be written.
   */
  emptyFile(path: string): boolean;
  /**
   * Whether a path is a FIFO that has a reader. The test does not block, and writes
   * nothing.
   */
  hasReader(path: string): boolean;
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
   * Reads the status of a file, also below /dev, /proc and /sys, which Deno denies:
   * statx(2). Links are followed unless requested otherwise.
   *
   * @returns Undefined if there is none, or it cannot be seen.
   */
  readStatus(
    path: string,
    options?: { readonly links?: "follow" | "show" },
  ): FileStatus | undefined;
  /**
   * A version of a file's content without reading it, links followed: the same text
   * only if the file was neither written nor replaced.
   *
   * @returns Undefined if there is none, or it cannot be seen.
   */
  readVersion(path: string): string | undefined;
  /**
   * Whether something is mounted on a directory, links followed. Mounts hidden
   * below another one are not seen.
   *
   * @returns Undefined if it is not there, or the kernel is too old to tell.
   */
  isMountPoint(path: string): boolean | undefined;
  /** The space of a path's file system; undefined if unknown. */
  readSpace(path: string): Space | undefined;
  /**
   * Reads the kernel's table of mounts, `/proc/self/mountinfo`: no other file.
   *
   * @returns Its text; undefined if it cannot be read.
   */
  readMountTable(): string | undefined;
  /**
   * Reads the kernel's table of the machine's memory, `/proc/meminfo`.
   *
   * @returns Its text; undefined if it cannot be read.
   */
  readMemoryTable(): string | undefined;
  /**
   * Reads a file of a process below /proc.
   *
   * @param pid As this process sees it.
   * @returns A text; undefined if there is no such process.
   */
  readProcessFile(pid: number, file: ProcessFile): string | undefined;
  /**
   * Reads a file of a control group.
   *
   * @param path Below `/sys/fs/cgroup`.
   * @returns A text; undefined if there is none, or it is elsewhere.
   */
  readCgroupFile(path: string): string | undefined;
  /** Ignores a signal: signal(2). Bound with the sockets. */
  readonly ignoreSignal: ((signal: number) => void) | undefined;
  /** Gives freed memory back to the kernel: malloc_trim(3). Bound with the sockets. */
  readonly releaseMemory: (() => void) | undefined;
  /** Undefined unless `takeLibcWithSockets()` bound them. */
  readonly sockets: LibcSockets | undefined;
  /** Bound with the sockets. */
  readonly mounts: LibcMounts | undefined;
  /** Bound with the sockets. */
  readonly roots: LibcRoots | undefined;
  /** Bound with the sockets. */
  readonly terminals: LibcTerminals | undefined;
}

/** Functions that only serving and streaming commands need. */
export type StreamingParts = Pick<
  Libc,
  | "ignoreSignal"
  | "releaseMemory"
  | "mounts"
  | "roots"
  | "sockets"
  | "terminals"
>;

/** A limit of a resource; all bits set is none. */
export interface ResourceLimit {
  /** What counts. */
  readonly soft: bigint;
  /** What it can be raised to. */
  readonly hard: bigint;
}

/** Where distributions and architectures keep libc; the launcher grants these. */
const LIBC_PATHS = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
] as const;

const SYNC_FILE_RANGE_WRITE = 2;
// <linux/capability.h>
const CAPABILITY_VERSION = 0x20080522;
const OWN_PROCESS = 0;

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
  return bindLibc();
}

/** Makes them of the bound functions. */
export type WrapSockets = (
  symbols: LibcSymbols,
  socketSymbols: SocketSymbols,
) => StreamingParts;

/**
 * Binds libc as {@linkcode takeLibc} does.
 *
 * @param wrapSockets Without it, the parts for streaming are neither bound nor
 *   loaded.
 */
export function bindLibc(wrapSockets?: WrapSockets): Libc | undefined {
  const libc = bindFirst(wrapSockets);
  Deno.permissions.revokeSync({ name: "ffi" });
  return libc;
}

const UNBOUND: StreamingParts = {
  ignoreSignal: undefined,
  releaseMemory: undefined,
  mounts: undefined,
  roots: undefined,
  sockets: undefined,
  terminals: undefined,
};

function bindFirst(wrapSockets: WrapSockets | undefined): Libc | undefined {
  for (const path of LIBC_PATHS) {
    const state = Deno.permissions.querySync({ name: "ffi", path }).state;
    if (state !== "granted") continue;
    try {
      const bound = Deno.dlopen(path, wrapResults(SYMBOLS));
      const symbols = unwrapResults(SYMBOLS, bound.symbols);
      const libc = wrap(symbols);
      if (wrapSockets === undefined) return { ...libc, ...UNBOUND };
      const sockets = Deno.dlopen(path, wrapResults(SOCKET_SYMBOLS));
      const socketSymbols = unwrapResults(SOCKET_SYMBOLS, sockets.symbols);
      return { ...libc, ...wrapSockets(symbols, socketSymbols) };
    } catch {
      // Not where this machine keeps it.
    }
  }
  return undefined;
}

function wrap(symbols: LibcSymbols): Omit<Libc, keyof StreamingParts> {
  return {
    openLock: (path, use) => openLock(symbols, path, use),
    openRegular: (path) => openRegular(symbols, path),
    emptyFile: (path) => emptyFile(symbols, path),
    hasReader: (path) => hasReader(symbols, path),
    async syncFileSystem(fd) {
      if (await symbols.syncfs(fd) === 0) return;
      throw new Error("Cannot write the store to its disk: syncfs failed");
    },
    async beginWriteBack(fd) {
      // Only an optimization; the later sync reports lost data.
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
    readStatus: (path, { links = "follow" } = {}) =>
      statusOf(symbols, { path, links }),
    readVersion: (path) => versionOf(symbols, path),
    isMountPoint: (path) => isMountPoint(symbols, path),
    readSpace: (path) => readSpace(symbols, path),
    readMountTable: () => readMountTable(symbols),
    readMemoryTable: () => readMemoryTable(symbols),
    readProcessFile: (pid, file) => readProcessFile(symbols, pid, file),
    readCgroupFile: (path) => readCgroupFile(symbols, path),
  };
}

// What a store has: containers/storage, drivers/overlay.
const LINK_TARGET = /^\.\.\/[0-9a-f]{64}\/diff$/;
const LINK_PATH = /^\/(?!.*\/\.\.?\/).*\/overlay\/l\/[A-Z0-9]{26}$/s;

function isShortLink(target: string, path: string): boolean {
  return LINK_TARGET.test(target) && LINK_PATH.test(path) &&
    Deno.permissions.querySync({ name: "write", path }).state === "granted";
}
