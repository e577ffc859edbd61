/** Destination folders, which several processes may write to. */

import { dirname } from "@std/path";
import { lstatSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { type Abortable, sleep } from "../errors/abort.ts";
import { InvalidManifestError } from "../errors/image_errors.ts";
import { isErrno } from "../fs/errno.ts";
import { listDirectory } from "../fs/list_directory.ts";

/** A folder that is there, and stays while it is held. */
export interface TargetFolder extends Disposable {
  /**
   * Whether no other process writes there; then none can begin until this is
   * disposed of. If the result is false, the lock is released.
   */
  tryAlone(): Promise<boolean>;
  /** Removes the folder if this has made it, and nothing is in it. */
  removeIfMade(): void;
}

/** How to hold a folder. */
export interface HoldFolderOptions extends Abortable {
  /** `"alone"` waits until no other process writes there. */
  readonly use: "alone" | "shared";
}

const POLL_MS = 50;
// Where there are no locks, as on some network file systems.
const NO_LOCKS = ["ENOLCK", "ENOTSUP", "EOPNOTSUPP", "EBADF", "EINVAL"];

/**
 * Holds a folder, and makes it if there is none.
 *
 * @param directory Absolute. A link is as good as the folder that it leads to.
 * @throws {InvalidManifestError} If something else is there, or in its way.
 */
export async function holdFolder(
  directory: string,
  { use, signal }: HoldFolderOptions,
): Promise<TargetFolder> {
  refuseOthersInPlace(directory);
  for (;;) {
    signal?.throwIfAborted();
    const isMade = mkdirSync(directory, { recursive: true }) !== undefined;
    const file = await Deno.open(directory);
    try {
      await lock(file, { use, signal });
      // Who was before may have removed it.
      if (isSame(await file.stat(), look(() => statSync(directory)))) {
        return held(directory, { file, isMade });
      }
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
}

/** Removes an empty folder; one that is not empty stays. */
export function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR")) {
      throw error;
    }
  }
}

/** What was written by who was killed: files that never got their names. */
export function listLeftovers(directory: string): readonly string[] {
  return listDirectory(directory)
    .filter((name) => /^\.tmp-[\w.-]*\d+$/.test(name))
    .map((name) => `${directory}/${name}`);
}

/** Locks a folder as long as the result is held; for what takes no time. */
export async function lockFolder(
  directory: string,
  options: Abortable,
): Promise<Disposable> {
  const file = await Deno.open(directory);
  try {
    await lock(file, { ...options, use: "alone" });
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function held(
  directory: string,
  { file, isMade }: {
    readonly file: Deno.FsFile;
    readonly isMade: boolean;
  },
): TargetFolder {
  return {
    tryAlone: async () => await tryLock(file, "alone") === "locked",
    removeIfMade() {
      if (isMade) removeEmpty(directory);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

async function lock(
  file: Deno.FsFile,
  { use, signal }: HoldFolderOptions,
): Promise<void> {
  while (await tryLock(file, use) === "others do") {
    await sleep(POLL_MS, { signal });
  }
}

async function tryLock(
  file: Deno.FsFile,
  use: HoldFolderOptions["use"],
): Promise<"locked" | "others do" | "unknown"> {
  try {
    return await file.tryLock(use === "alone") ? "locked" : "others do";
  } catch (error) {
    if (isErrno(error, ...NO_LOCKS)) return "unknown";
    throw error;
  }
}

function isSame(
  { dev, ino }: Deno.FileInfo,
  other: { readonly dev: number; readonly ino: number } | undefined,
): boolean {
  return other !== undefined && dev === other.dev && ino === other.ino;
}

function refuseOthersInPlace(directory: string): void {
  for (let path = directory;; path = dirname(path)) {
    const entry = look(() => lstatSync(path));
    if (entry === undefined) continue;
    if (look(() => statSync(path))?.isDirectory()) return;
    const what = entry.isSymbolicLink()
      ? "a symbolic link that does not point to a directory"
      : "no directory";
    throw new InvalidManifestError(
      `Cannot write to "${directory}": "${path}" is ${what}`,
    );
  }
}

function look<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}
