/** The few functions of libc that Deno lacks, as the program calls them. */

import type { LockDescriptor, LockUse, ReadDescriptor } from "./libc_files.ts";
import type { LibcMounts } from "./libc_mounts.ts";
import type { ProcessFile } from "./libc_proc.ts";
import type { LibcRoots } from "./libc_roots.ts";
import type { LibcSockets } from "./libc_sockets.ts";
import type { FileStatus, Space } from "./libc_status.ts";
import type { LibcTerminals } from "./libc_terminals.ts";

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
