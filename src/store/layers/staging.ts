/**
 * Staging directories: renamed into place when the work is done, and removed by the
 * next process if they are abandoned. Names and locks are those of
 * containers/storage 1.59 and later, so that its tools remove abandoned ones, too.
 */

import { join } from "@std/path";
import { sleep } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import { isErrno } from "../../fs/errno.ts";
import { isThere, lstatIfThere, removeIfThere } from "../../fs/if_there.ts";
import { listDirectory, listIfDirectory } from "../../fs/list_directory.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { removeTree, removeTreeSync } from "../../fs/remove_tree.ts";
import type { Libc } from "../../process/libc.ts";
import { type HeldLock, tryLock } from "../records/lock.ts";

/** A private directory (0700) that is removed when disposed of. */
export interface Staging extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
}

/** An abandoned directory that was found. */
export interface AbandonedStaging {
  readonly path: string;
  /** Why it is still there; undefined if it was removed. */
  readonly error?: unknown;
}

const LOCK_PREFIX = "lock-";
const DIRECTORY_PREFIX = "temp-dir-";
const MAX_TRIES = 40;
const PAUSE_MS = 50;

/** How to open a staging directory. */
export interface StagingOptions {
  readonly libc: Libc | undefined;
  /**
   * Called with the reason if it cannot be removed, such as an immutable file in
   * it.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The message that a directory could not be removed. */
export function describeFailure(path: string, error: unknown): string {
  const why = whyOf(error);
  const what = why.startsWith("Cannot ")
    ? why
    : `Cannot remove "${path}": ${why}`;
  return `${what}; the next command tries again`;
}

/**
 * Opens a staging directory.
 *
 * @param parent The parent directory: on the same mount as the destination.
 */
export function openStaging(
  parent: string,
  { libc, onWarning }: StagingOptions,
): Staging {
  for (;;) {
    Deno.mkdirSync(parent, { recursive: true, mode: 0o700 });
    const suffix = randomSuffix();
    const lock = takeLock(join(parent, LOCK_PREFIX + suffix), libc);
    // Removed by another process before it was locked, or its parent was removed:
    // retry.
    if (lock === undefined) continue;
    const path = join(parent, DIRECTORY_PREFIX + suffix);
    Deno.mkdirSync(path, { mode: 0o700 });
    return {
      path,
      async [Symbol.asyncDispose]() {
        using _lock = lock;
        try {
          await removeWhileUsed(path);
          removeIfThere(lock.path);
          removeIfEmpty(parent);
        } catch (error) {
          // The work itself is done; the next command tries to remove it again.
          onWarning?.(describeFailure(path, error));
        }
      },
    };
  }
}

/** Removes the staging directories of processes that are gone. */
export function removeAbandonedStaging(
  parent: string,
  libc: Libc | undefined,
): readonly AbandonedStaging[] {
  const suffixes = findSuffixes(parent);
  if (suffixes.length === 0) removeIfEmpty(parent);
  return suffixes.flatMap((suffix) => {
    const lock = takeIfWritable(join(parent, LOCK_PREFIX + suffix), libc);
    if (lock === undefined) return []; // its owner is at work
    using _lock = lock;
    const path = join(parent, DIRECTORY_PREFIX + suffix);
    const isFound = isThere(path);
    try {
      for (const name of listDirectory(path)) stopSpool(join(path, name), libc);
      removeWhileUsedSync(path);
      removeIfThere(lock.path);
      removeIfEmpty(parent);
    } catch (error) {
      return [{ path, error }]; // such as a mount in it: the others can still be removed
    }
    return isFound ? [{ path }] : [];
  });
}

/** A program or worker of its owner may need a moment to end. */
async function removeWhileUsed(path: string): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await removeTree(path);
    } catch (error) {
      if (!mayGoAway(error, tries)) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

function removeWhileUsedSync(path: string): void {
  for (let tries = 1;; tries++) {
    try {
      return removeTreeSync(path);
    } catch (error) {
      if (!mayGoAway(error, tries)) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/** Whether removal failed only because a new file appeared in a directory. */
function mayGoAway(error: unknown, tries: number): boolean {
  return isErrno(error, "ENOTEMPTY") && tries < MAX_TRIES;
}

function takeLock(
  path: string,
  libc: Libc | undefined,
): HeldLock | undefined {
  try {
    return tryLock(path, libc);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** A read-only file system is no error: abandoned directories stay there. */
function takeIfWritable(
  path: string,
  libc: Libc | undefined,
): HeldLock | undefined {
  try {
    return takeLock(path, libc);
  } catch (error) {
    if (isErrno(error, ...NOT_NOW)) return undefined;
    throw error;
  }
}

function findSuffixes(parent: string): readonly string[] {
  const suffixes = listIfDirectory(parent).flatMap((name) =>
    [LOCK_PREFIX, DIRECTORY_PREFIX]
      .filter((prefix) => name.startsWith(prefix))
      .map((prefix) => name.slice(prefix.length))
  );
  return [...new Set(suffixes)];
}

// Not empty, gone, not a directory, or on a read-only file system.
const NOT_NOW = [
  ...["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"],
  ...["EROFS", "EPERM", "EACCES"],
];

// Older tools fail on unknown directories in the driver's home, so an empty one is
// removed.
function removeIfEmpty(parent: string): void {
  try {
    if (!Deno.lstatSync(parent).isDirectory) return;
    Deno.removeSync(parent);
  } catch (error) {
    if (!isErrno(error, ...NOT_NOW)) throw error;
  }
}

/**
 * Ends the GNU tar of a process that was killed: its input archive, left in the
 * layer's directory by unpacking, is truncated.
 */
function stopSpool(directory: string, libc: Libc | undefined): void {
  const path = join(directory, "spool.tar");
  if (libc !== undefined) libc.emptyFile(path);
  else if (lstatIfThere(path)?.isFile === true) Deno.truncateSync(path);
}
