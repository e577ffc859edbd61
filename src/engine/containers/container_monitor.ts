/** The conmon that watches a container's process, as seen from outside. */

import { join } from "@std/path";
import { type Abortable, sleep } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { runDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";

/** conmon's control FIFO, in its folder: only conmon reads it. */
export const CONTROL_FIFO = "ctl";

const POLL_MS = 10;
// It writes the rest of the output, and waits for the disk.
const PATIENCE_MS = 5_000;

/**
 * Whether a conmon watches a container's process, or is about to. A process ID may
 * have been reused; a reader of the FIFO is certain.
 */
export function hasMonitor({ store }: Agent, id: ContainerId): boolean {
  const fifo = join(runDirectory(store.paths, id), CONTROL_FIFO);
  return store.libc?.hasReader(fifo) === true;
}

/**
 * Waits until no conmon watches a container any more: then the exit of its process
 * is on the disk.
 *
 * @returns Whether none does; false if it takes longer than some seconds.
 */
export async function waitForMonitor(
  agent: Agent,
  id: ContainerId,
  { signal }: Abortable = {},
): Promise<boolean> {
  const end = performance.now() + PATIENCE_MS;
  while (hasMonitor(agent, id)) {
    if (performance.now() > end) return false;
    await sleep(POLL_MS, { signal });
  }
  return true;
}
