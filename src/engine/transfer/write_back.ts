/** Writes unpacked files to the disk during a pull. */

import { closeSync, constants, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import { syncTree } from "../../fs/sync.ts";
import type { Agent } from "../agent.ts";

/** Writes staged files to the disk. */
export interface WriteBack extends Disposable {
  /**
   * Starts to write a large file, so that less is left for the sync.
   *
   * @param bytes The number of bytes added to it.
   */
  begin(path: string, bytes: number): Promise<void>;
  /**
   * All data of staged layers reaches the disk before this returns.
   *
   * @throws {Error} If any of it was lost, also by an earlier attempt.
   */
  sync(layerDirectories: readonly string[]): Promise<void>;
}

// Only an optimization: further files are left to the sync.
const MAX_AT_ONCE = 16;
// While a disk empties its cache it answers nobody, not even who reads a bitmap to
// make a file. So it is told to often, and each time there is not much to write.
const FLUSH_BYTES = 64 * 1024 * 1024;
const syncData = promisify(fdatasync);
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Gets ready; to be called before anything is staged. The kernel itself begins
 * after 30 s, or when a tenth of the memory is full: for most pulls that is never,
 * and all would be left to the end. A sync of all now and then would hold up who
 * makes files in directories that are just being written.
 *
 * @param directory The one for what is staged.
 */
export function openWriteBack(
  { store: { libc } }: Agent,
  directory: string,
): WriteBack {
  if (libc === undefined) {
    return {
      begin: () => Promise.resolve(),
      sync: (directories) => Promise.resolve(directories.forEach(syncTree)),
      [Symbol.dispose]() {},
    };
  }
  // The kernel tells each open file once of an error since it was opened: this
  // one hears of all, whoever else has heard of them.
  const fd = openSync(directory, "r");
  let running = 0;
  let unflushed = 0;
  return {
    async begin(path, bytes) {
      unflushed += bytes;
      if (running === MAX_AT_ONCE) return;
      const file = openStaged(path, directory);
      if (file === undefined) return;
      running++;
      try {
        await libc.beginWriteBack(file);
        if (unflushed < FLUSH_BYTES) return;
        unflushed = 0;
        await syncData(file).catch(() => {}); // the sync tells of it, too
      } finally {
        running--;
        closeSync(file);
      }
    },
    sync: () => libc.syncFileSystem(fd),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** It is a worker that names it, so nothing else is opened. */
function openStaged(path: string, directory: string): number | undefined {
  if (!path.startsWith(`${directory}/`) || path.split("/").includes("..")) {
    return;
  }
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined; // its layer has failed, or is in its place already
  }
}
