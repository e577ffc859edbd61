/** Writes what a pull unpacks to the disk while it goes on. */

import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { syncTree } from "../fs/sync.ts";
import type { Agent } from "./agent.ts";

// The kernel itself begins after 30 s, or when a tenth of the memory is full:
// for most pulls that is never, and all would be left to the end.
const INTERVAL_MS = 500;

/**
 * Begins to write back now and then, so that less is left for the sync that
 * comes before a layer is committed. Disposing ends it.
 */
export function startWriteBack(
  agent: Agent,
  directory: string,
): AsyncDisposable {
  const stop = new AbortController();
  const done = writeBack(agent, directory, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

/** All data below a directory reaches the disk before this returns. */
export async function syncStaged(
  { store: { libc } }: Agent,
  directory: string,
): Promise<void> {
  if (libc === undefined) return syncTree(directory);
  const fd = openSync(directory, "r");
  try {
    await libc.syncFileSystem(fd);
  } finally {
    closeSync(fd);
  }
}

async function writeBack(
  agent: Agent,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  if (agent.store.libc === undefined) return;
  while (!signal.aborted) {
    await sleep(INTERVAL_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    // A failure is for the sync before the commit to tell.
    await syncStaged(agent, directory).catch(() => {});
  }
}
