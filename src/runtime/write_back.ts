/** Writes what a pull unpacks to the disk while it goes on. */

import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { syncTree } from "../fs/sync.ts";
import type { Libc } from "../process/libc.ts";
import type { Agent } from "./agent.ts";

/** Gets what is staged onto the disk. Disposing ends it. */
export interface WriteBack extends AsyncDisposable {
  /**
   * All data of a staged layer reaches the disk before this returns.
   *
   * @throws {Error} If any of it was lost, also by an earlier attempt.
   */
  sync(layerDirectory: string): Promise<void>;
}

// The kernel itself begins after 30 s, or when a tenth of the memory is full:
// for most pulls that is never, and all would be left to the end.
const INTERVAL_MS = 500;

/**
 * Begins to write back now and then, so that less is left for the sync that
 * comes before a layer is committed. To be called before anything is staged.
 *
 * @param directory Any on the file system of the staging directories.
 */
export function startWriteBack(
  { store: { libc } }: Agent,
  directory: string,
): WriteBack {
  if (libc === undefined) {
    return {
      sync: (layerDirectory) => Promise.resolve(syncTree(layerDirectory)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  // The kernel tells each open file once of an error since it was opened: this
  // one hears of all, whoever else has heard of them.
  const fd = openSync(directory, "r");
  const stop = new AbortController();
  const done = writeBack(libc, directory, stop.signal);
  return {
    sync: () => libc.syncFileSystem(fd),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
      closeSync(fd);
    },
  };
}

async function writeBack(
  libc: Libc,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const fd = openSync(directory, "r");
  try {
    while (!signal.aborted) {
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      // What fails here, the sync before the commit hears of, too.
      await libc.syncFileSystem(fd).catch(() => {});
    }
  } finally {
    closeSync(fd);
  }
}
