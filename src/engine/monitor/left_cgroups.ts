/** Removes the control groups of a container whose runtime was killed. */

import { join } from "@std/path";
import { CommandError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { Agent } from "../agent.ts";
import { listCgroupRoots, removeCgroups } from "../cgroups.ts";
import { readBundle } from "../parse_stored.ts";

/**
 * Removes those that are left when a runtime knows the container no more: it makes
 * them before it writes down that it has. Those in which something runs stay, and
 * those of systemd's slices, which go by themselves.
 */
export async function removeLeftCgroups(
  agent: Agent,
  id: ContainerId,
): Promise<void> {
  const path = readPath(agent, id);
  // It is the container's own, whatever else its configuration says.
  if (path === undefined || !path.endsWith(`/${id}`)) return;
  const roots = await listCgroupRoots(agent);
  try {
    await removeCgroups(agent, roots.map((root) => join(root, path)));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    agent.log("debug", error.message); // this command may not; another will
  }
}

function readPath(agent: Agent, id: ContainerId): string | undefined {
  try {
    return readBundle(agent, id)?.linux?.cgroupsPath;
  } catch {
    return undefined; // it is damaged: no runtime has taken it
  }
}
