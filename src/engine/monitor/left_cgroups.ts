/** Removes the control groups of a container whose runtime was killed. */

import { join } from "@std/path";
import { CommandError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { Agent } from "../agent.ts";
import { listCgroupRoots, removeCgroups } from "../cgroups.ts";
import { readBundle } from "../parse_stored.ts";

/**
 * Removes cgroups that are left after the runtime has no state of the container: it
 * makes them before it saves the state. Those with processes stay, and those below
 * systemd's slices, which systemd removes.
 */
export async function removeLeftCgroups(
  agent: Agent,
  id: ContainerId,
): Promise<void> {
  const path = readPath(agent, id);
  // Only a path with the container's ID is its own.
  if (path === undefined || !path.endsWith(`/${id}`)) return;
  const roots = await listCgroupRoots(agent);
  try {
    await removeCgroups(agent, roots.map((root) => join(root, path)));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    agent.log("debug", error.message); // without permission; another command will
  }
}

function readPath(agent: Agent, id: ContainerId): string | undefined {
  try {
    return readBundle(agent, id)?.linux?.cgroupsPath;
  } catch {
    return undefined; // it is damaged: no runtime has taken it
  }
}
