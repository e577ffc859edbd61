/** Detects the end of a container's process, without asking runtimes too often. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { Agent } from "../agent.ts";
import { hasMonitor } from "../containers/container_monitor.ts";
import { findActivity } from "../containers/container_status.ts";
import { hasRunner } from "../containers/last_run.ts";
import { readExit } from "../containers/process_exit.ts";

// A query to a runtime takes some 10 ms of CPU time.
const ASK_EVERY_MS = 1_000;

/**
 * Makes a function that returns whether no process runs in a container, and none is
 * about to. It may be called at any rate.
 */
export function endWatcher(
  agent: Agent,
  id: ContainerId,
  options: Abortable,
): () => Promise<boolean> {
  let askedMs = -Infinity;
  return async () => {
    options.signal?.throwIfAborted();
    // conmon writes the exit after all output is in the log.
    if (readExit(agent, id) !== undefined) return true;
    if (hasMonitor(agent, id) || hasRunner(agent, id)) return false;
    if (performance.now() - askedMs < ASK_EVERY_MS) return false;
    askedMs = performance.now();
    const { process } = await findActivity(agent, id, options);
    return process === undefined;
  };
}
