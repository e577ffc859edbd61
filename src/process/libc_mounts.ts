/** Mounts whose files have other owners: mount_setattr(2). Bound only where needed. */

import { isGranted, NO_MODE, O_CLOEXEC, O_RDONLY } from "./libc_files.ts";
import {
  type LibcSymbols,
  type SocketSymbols,
  toCString,
} from "./libc_symbols.ts";

/** A directory to mount with mapped owners. */
export interface MappedMount {
  /** Absolute; what is mounted below it is not seen. */
  readonly source: string;
  /** A directory. */
  readonly target: string;
  /** A process in the user namespace whose mapping applies. */
  readonly pid: number;
}

/** Calls for user namespaces. */
export interface LibcMounts {
  /**
   * Sets the ID mapping of a process's user namespace, once.
   *
   * @param text Such as `0 100000 65536`.
   * @returns Whether the kernel accepted it.
   */
  writeIdMap(pid: number, file: IdMapFile, text: string): boolean;
  /**
   * Makes an ID-mapped mount of a directory. Both paths must be writable for orlop.
   *
   * @returns False if the kernel or the file system does not support it.
   */
  bindMapped(mount: MappedMount): boolean;
}

/** The files of the mapping: user_namespaces(7). */
export type IdMapFile = "uid_map" | "gid_map";

// <asm-generic/unistd.h>: the same on all architectures.
const SYS_OPEN_TREE = 428n;
const SYS_MOVE_MOUNT = 429n;
const SYS_MOUNT_SETATTR = 442n;
// <linux/mount.h>, <linux/fcntl.h>
const OPEN_TREE_CLONE = 1n;
const MOVE_MOUNT_F_EMPTY_PATH = 4n;
const MOUNT_ATTR_IDMAP = 0x100000n;
const MS_PRIVATE = 1n << 18n;
const AT_FDCWD = -100n;
const AT_EMPTY_PATH = 0x1000n;
const O_WRONLY = 1;
const ID_MAP = /^\d+ \d+ \d+$/;

/** Makes them of what is bound. */
export function openMounts(
  symbols: LibcSymbols,
  more: SocketSymbols,
): LibcMounts {
  return {
    writeIdMap(pid, file, text) {
      if (!isProcess(pid) || !ID_MAP.test(text)) return false;
      const path = toCString(`/proc/${pid}/${file}`);
      const fd = symbols.open(path, O_WRONLY | O_CLOEXEC, NO_MODE);
      if (fd < 0) return false;
      const bytes = new TextEncoder().encode(text);
      const size = BigInt(bytes.byteLength);
      const isWritten = more.write(fd, bytes, size) === size;
      symbols.close(fd);
      return isWritten;
    },
    bindMapped({ source, target, pid }) {
      const isAllowed = [source, target].every((path) =>
        isGranted("write", path)
      );
      if (!isAllowed || !isProcess(pid)) return false;
      const users = toCString(`/proc/${pid}/ns/user`);
      const usersFd = symbols.open(users, O_RDONLY | O_CLOEXEC, NO_MODE);
      if (usersFd < 0) return false;
      const flags = OPEN_TREE_CLONE | BigInt(O_CLOEXEC);
      const path = toCString(source);
      const fd = Number(more.openTree(SYS_OPEN_TREE, AT_FDCWD, path, flags));
      const isDone = fd >= 0 && mapOwners(more, fd, usersFd) &&
        attach(more, fd, target);
      if (fd >= 0) symbols.close(fd); // ends it, unless it was attached
      symbols.close(usersFd);
      return isDone;
    },
  };
}

function isProcess(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 1;
}

function mapOwners(
  { setMountAttributes }: SocketSymbols,
  fd: number,
  usersFd: number,
): boolean {
  // What is set, what is cleared, the propagation, the user namespace.
  const attributes = new BigUint64Array([
    ...[MOUNT_ATTR_IDMAP, 0n],
    ...[MS_PRIVATE, BigInt(usersFd)],
  ]);
  return setMountAttributes(
    SYS_MOUNT_SETATTR,
    BigInt(fd),
    toCString(""),
    AT_EMPTY_PATH,
    new Uint8Array(attributes.buffer),
    BigInt(attributes.byteLength),
  ) === 0n;
}

function attach(
  { moveMount }: SocketSymbols,
  fd: number,
  target: string,
): boolean {
  return moveMount(
    SYS_MOVE_MOUNT,
    BigInt(fd),
    toCString(""),
    AT_FDCWD,
    toCString(target),
    MOVE_MOUNT_F_EMPTY_PATH,
  ) === 0n;
}
