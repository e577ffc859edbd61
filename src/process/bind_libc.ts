/**
 * Binds libc. This is the only FFI: `main.ts` calls it before anything else; then
 * the permission to load libraries is revoked for the whole process.
 */

import type { Libc, StreamingParts } from "./libc.ts";
import { emptyFile, hasReader, openLock, openRegular } from "./libc_files.ts";
import {
  readCgroupFile,
  readMemoryTable,
  readMountTable,
  readProcessFile,
} from "./libc_proc.ts";
import { isMountPoint, readSpace, statusOf, versionOf } from "./libc_status.ts";
import {
  type LibcSymbols,
  SOCKET_SYMBOLS,
  type SocketSymbols,
  SYMBOLS,
  toCString,
  unwrapResults,
  wrapResults,
} from "./libc_symbols.ts";
import { isPathGranted } from "./path_grants.ts";

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
    isPathGranted("write", path);
}
