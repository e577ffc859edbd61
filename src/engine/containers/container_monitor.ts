/** The conmon that watches a container's process, as seen from outside. */

import { join } from "@std/path";
import { type Abortable, sleep } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { runDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";

/** The fifo by which conmon takes orders, in its folder: only it reads this. */
export const CONTROL_FIFO = "ctl";

const POLL_MS = 10;
// It writes what is left of the output, and waits for the disk.
const PATIENCE_MS = 5_000;

/**
 * Whether a conmon watches a container's process, or is about to. A process ID
 * could be another's by now; who reads a fifo cannot.
 */
export function hasMonitor({ store }: Agent, id: ContainerId): boolean {
  const fifo = join(runDirectory(store.paths, id), CONTROL_FIFO);
  return store.libc?.hasReader(fifo) === true;
}

/**
 * Waits until nobody watches a container any more: then all that is known of how
 * its process ended is on the disk.
 *
 * @returns Whether nobody does; not if it takes longer than some seconds.
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
