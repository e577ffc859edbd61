/** The status of files and file systems: statx(2), statfs(2). */

import { type LibcSymbols, toCString } from "./libc_symbols.ts";

/** The status of a file. */
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

/** The space of a file system. */
export interface Space {
  /** Free bytes for users other than root. */
  readonly free: number;
  /** The number of inodes; 0 if not counted. */
  readonly inodes: number;
  /** The number of free inodes. */
  readonly freeInodes: number;
}

const LITTLE_ENDIAN = true; // as are x86-64 and arm64 under Linux
// <linux/stat.h>
const STATX_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATFS_BYTES = 120; // <asm-generic/statfs.h>
const S_IFMT = 0o170000;
/** Types of files, <linux/stat.h>. */
export const S_IFIFO = 0o010000;
export const S_IFREG = 0o100000;

const LINK_FLAGS = { follow: 0, show: AT_SYMLINK_NOFOLLOW } as const;

/** See `Libc.readStatus()`. */
export function statusOf(
  symbols: LibcSymbols,
  what: FileToLookAt,
): FileStatus & { readonly links: number } | undefined {
  const found = statx(symbols, what);
  return found && readStatx(new DataView(found.buffer));
}

/** See `Libc.readVersion()`. */
export function versionOf(
  symbols: LibcSymbols,
  path: string,
): string | undefined {
  const found = statx(symbols, { path, links: "follow" });
  return found &&
    VERSION_PARTS.map(([from, to]) => found.subarray(from, to).toHex()).join(
      "-",
    );
}

// <linux/stat.h>: inode and size; ctime and mtime, in nanoseconds; the device.
const VERSION_PARTS = [[32, 48], [96, 128], [136, 144]] as const;

/** See `Libc.isMountPoint()`. */
export function isMountPoint(
  symbols: LibcSymbols,
  path: string,
): boolean | undefined {
  const found = statx(symbols, { path, links: "follow" });
  if (found === undefined) return undefined;
  const view = new DataView(found.buffer);
  const [attributes, known] = [8, 56].map((offset) =>
    view.getBigUint64(offset, LITTLE_ENDIAN) & STATX_ATTR_MOUNT_ROOT
  );
  return known === 0n ? undefined : attributes !== 0n;
}

// <linux/stat.h>, since Linux 5.8
const STATX_ATTR_MOUNT_ROOT = 0x2000n;

/** A name, or an open file. */
type FileToLookAt =
  | { readonly path: string; readonly links: "follow" | "show" }
  | { readonly fd: number };

function statx(
  symbols: LibcSymbols,
  what: FileToLookAt,
): Uint8Array<ArrayBuffer> | undefined {
  const status = new Uint8Array(STATX_BYTES);
  const [directory, name, flags] = "fd" in what
    ? [what.fd, "", AT_EMPTY_PATH] as const
    : [AT_FDCWD, what.path, LINK_FLAGS[what.links]] as const;
  const code = symbols.statx(
    directory,
    toCString(name),
    flags,
    STATX_BASIC_STATS,
    status,
  );
  return code === 0 ? status : undefined;
}

/** See `Libc.readSpace()`: statfs(2). */
export function readSpace(
  symbols: LibcSymbols,
  path: string,
): Space | undefined {
  const buffer = new Uint8Array(STATFS_BYTES);
  if (symbols.statfs(toCString(path), buffer) !== 0) return undefined;
  const view = new DataView(buffer.buffer);
  const number = (offset: number) =>
    Number(view.getBigUint64(offset, LITTLE_ENDIAN));
  return {
    free: number(8) * number(32),
    inodes: number(40),
    freeInodes: number(48),
  };
}

/** The type that a status tells; 0 without one. */
export function typeOf(status: FileStatus | undefined): number {
  return (status?.mode ?? 0) & S_IFMT;
}

function readStatx(view: DataView): FileStatus & { readonly links: number } {
  const number = (offset: number) => view.getUint32(offset, LITTLE_ENDIAN);
  return {
    links: number(16),
    uid: number(20),
    gid: number(24),
    mode: view.getUint16(28, LITTLE_ENDIAN),
    major: number(128),
    minor: number(132),
  };
}
