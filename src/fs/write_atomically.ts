/** Writes files atomically. */

import { basename, dirname, join } from "@std/path";
import { errnoOf } from "../errors/why.ts";
import { toBytes } from "../formats/bytes.ts";
import { isErrno } from "./errno.ts";
import { removeIfThere } from "./if_there.ts";
import { randomSuffix } from "./random_name.ts";
import { syncDirectory } from "./sync.ts";

const PRIVATE = 0o600;
const MODE_BITS = 0o7777;
const COPY_BYTES = 256 * 1024;

/** Options of {@linkcode writeAtomically}. */
export interface WriteOptions {
  /** Permission bits of the file; 0o600 is the default. */
  readonly mode?: number;
  /** `"later"`: the caller syncs the directory when all is in it. */
  readonly directory?: "later" | "sync";
  /**
   * `"later"`: a power cut may leave the file empty. For what each reboot makes void.
   *
   * @default {"sync"}
   */
  readonly data?: "later" | "sync";
  /** Keeps the replaced file under this path, in the same directory. */
  readonly backup?: string | undefined;
  /** Called when its bytes are on the disk, before it takes its name. */
  readonly beforeRename?: () => void;
  /** Called immediately before the rename: false cancels it. */
  readonly onlyIf?: () => boolean;
}

/**
 * Replaces a file: temporary file beside it, fdatasync, rename, fsync of the
 * directory.
 *
 * @returns Whether it was replaced, which only `onlyIf` can prevent.
 */
export function writeAtomically(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): boolean {
  const { mode = PRIVATE, data = "sync", backup, onlyIf } = options;
  const write = (temporary: string) => {
    writeNew(temporary, content, { mode, data });
    if (backup !== undefined) keepBackup(path, backup);
    options.beforeRename?.();
  };
  if (!replace(path, write, onlyIf)) return false;
  if (options.directory !== "later") syncDirectory(dirname(path));
  return true;
}

/** Copies a file (as 0600) the way {@linkcode writeAtomically} writes one. */
export function copyAtomically(source: string, path: string): void {
  replace(path, (temporary) => {
    using from = Deno.openSync(source);
    using to = openNew(temporary, PRIVATE);
    const buffer = new Uint8Array(COPY_BYTES);
    for (;;) {
      const count = from.readSync(buffer);
      if (count === null) break;
      writeAll(to, buffer.subarray(0, count));
    }
    to.syncDataSync();
  });
  syncDirectory(dirname(path));
}

/**
 * Where a file is written before it gets its name: beside it. This is how
 * containers/storage does it, and known to be harmless if a crash leaves it
 * (`.tmp-<name><digits>`).
 */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.tmp-${basename(path)}${randomSuffix()}`);
}

function replace(
  path: string,
  write: (temporary: string) => void,
  onlyIf: () => boolean = () => true,
): boolean {
  const temporary = temporaryFor(path);
  try {
    write(temporary);
    const isWanted = onlyIf();
    if (isWanted) Deno.renameSync(temporary, path);
    else Deno.removeSync(temporary);
    return isWanted;
  } catch (error) {
    removeIfThere(temporary);
    throw withPath(error, path);
  }
}

/**
 * Makes the backup by a hard link, which is synced with the rename. File systems
 * without hard links have no backups.
 */
function keepBackup(path: string, backup: string): void {
  const temporary = temporaryFor(backup);
  try {
    Deno.linkSync(path, temporary);
    Deno.renameSync(temporary, backup);
  } catch (error) {
    removeIfThere(temporary);
    if (!isErrno(error, ...NO_BACKUP)) throw error;
  }
}

// Nothing to keep; or link(2) does not do it there.
const NO_BACKUP = ["ENOENT", "EPERM", "EMLINK", "EOPNOTSUPP", "ENOSYS"];

/** Errors of an open file do not contain its path. */
function withPath(error: unknown, path: string): unknown {
  const isNameless = error instanceof Error && errnoOf(error) !== "" &&
    !("path" in error && typeof error.path === "string");
  return isNameless ? Object.assign(error, { path, syscall: "write" }) : error;
}

function writeNew(
  path: string,
  content: string | Uint8Array,
  { mode, data }: Required<Pick<WriteOptions, "mode" | "data">>,
): void {
  using file = openNew(path, mode);
  writeAll(file, typeof content === "string" ? toBytes(content) : content);
  if (data === "sync") file.syncDataSync();
}

function openNew(path: string, mode: number): Deno.FsFile {
  const file = Deno.openSync(path, { write: true, createNew: true, mode });
  const given = file.statSync().mode ?? 0;
  // The umask must not matter.
  if ((given & MODE_BITS) !== mode) Deno.chmodSync(path, mode);
  return file;
}

/** Writes all of the bytes at once, where the file is. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.byteLength) {
    offset += file.writeSync(bytes.subarray(offset));
  }
}
