/** Records the end of processes whose conmon was killed. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { lstatIfThere } from "../../fs/if_there.ts";
import type { Agent } from "../agent.ts";
import { hasMonitor } from "../containers/container_monitor.ts";
import { findActivity } from "../containers/container_status.ts";
import {
  exitPlacesOf,
  noteUnseenExit,
  readExit,
} from "../containers/process_exit.ts";

// By then a starting conmon is visible, and an ended one has written its record.
const AGE_MS = 5_000;

/**
 * Records the end of a process whose conmon is gone. A running process is left
 * alone.
 */
export async function noteIfUnseen(
  agent: Agent,
  id: ContainerId,
  { signal }: Abortable = {},
): Promise<void> {
  if (!isUnwatched(agent, id)) return;
  const { process, hasRunner } = await findActivity(agent, id, { signal });
  if (process !== undefined || hasRunner || !isUnwatched(agent, id)) return;
  noteUnseenExit(agent, id);
  agent.log(
    "warn",
    `Nobody has seen how container "${id}" ended: its conmon was killed`,
    { container: id },
  );
}

function isUnwatched(agent: Agent, id: ContainerId): boolean {
  if (agent.store.libc === undefined) return false; // conmon cannot be seen
  if (readExit(agent, id) !== undefined || hasMonitor(agent, id)) return false;
  const { runDirectory } = exitPlacesOf(agent.store.paths, id);
  const madeMs = lstatIfThere(runDirectory)?.mtime?.getTime() ?? Infinity;
  return Date.now() - madeMs > AGE_MS;
}
