/**
 * Resolves paths in a container by the kernel: safe even while its processes change
 * them, and including its mounts. Bound only where needed.
 */

import { NO_MODE, O_CLOEXEC, O_PATH } from "./libc_files.ts";
import { type FileStatus, statusOf } from "./libc_status.ts";
import {
  type LibcSymbols,
  type SocketSymbols,
  toCString,
} from "./libc_symbols.ts";

/** A file below a root. Disposing closes it. */
export interface RootedFile extends Disposable {
  /**
   * A path for other programs, valid until it is disposed of, even if the file is
   * renamed.
   */
  readonly path: string;
  /** The folder of that path, */
  readonly folder: string;
  /** and its name there. */
  readonly name: string;
  /** What it is. */
  readonly status: FileStatus;
}

/** Calls for roots. */
export interface LibcRoots {
  /**
   * Finds a file or directory: symbolic links, absolute ones and `..` too, never
   * lead out of the root: openat2(2), RESOLVE_IN_ROOT.
   *
   * @param root A directory here; or `/proc/PID/root`, which has all mounts of a
   *   process.
   * @param path Below it.
   * @returns Undefined if there is nothing, or it cannot be reached.
   */
  find(root: string, path: string): RootedFile | undefined;
}

// <asm-generic/unistd.h>: the same on all architectures.
const SYS_OPENAT2 = 437n;
// <linux/openat2.h>
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;
const HOW_BYTES = 24;
const HOW_RESOLVE_OFFSET = 16;
const LITTLE_ENDIAN = true;

/** Makes them of what is bound. */
export function openRoots(
  symbols: LibcSymbols,
  { openat2 }: SocketSymbols,
): LibcRoots {
  return {
    find(root, path) {
      const flags = O_PATH | O_CLOEXEC;
      const rootFd = symbols.open(toCString(root), flags, NO_MODE);
      if (rootFd < 0) return undefined;
      try {
        const how = makeHow();
        const name = toCString(path);
        const fd = Number(
          openat2(SYS_OPENAT2, BigInt(rootFd), name, how, BigInt(HOW_BYTES)),
        );
        return fd < 0 ? undefined : toRootedFile(symbols, fd);
      } finally {
        symbols.close(rootFd);
      }
    },
  };
}

function makeHow(): Uint8Array<ArrayBuffer> {
  const how = new Uint8Array(HOW_BYTES);
  const view = new DataView(how.buffer);
  view.setBigUint64(0, BigInt(O_PATH | O_CLOEXEC), LITTLE_ENDIAN);
  const resolve = BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  view.setBigUint64(HOW_RESOLVE_OFFSET, resolve, LITTLE_ENDIAN);
  return how;
}

function toRootedFile(
  symbols: LibcSymbols,
  fd: number,
): RootedFile | undefined {
  const status = statusOf(symbols, { fd });
  if (status === undefined) {
    symbols.close(fd);
    return undefined;
  }
  const folder = `/proc/${Deno.pid}/fd`;
  return {
    ...{ status, folder, name: String(fd), path: `${folder}/${fd}` },
    [Symbol.dispose]: () => void symbols.close(fd),
  };
}
