/** Records that processes have ended whose conmon was killed before. */

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

// A conmon that begins, or has just ended, is seen or has written by then.
const AGE_MS = 5_000;

/**
 * Notes the end of a process that conmon would have noted, if that is there no
 * more. One that still runs is left alone.
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
