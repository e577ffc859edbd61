/** Removes the control groups of a container whose runtime was killed. */

import { join } from "@std/path";
import { CommandError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import type { Agent } from "../agent.ts";
import { readBundle } from "../parse_stored.ts";

const CGROUPS = "/sys/fs/cgroup";

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
  const { mounter, store: { libc } } = agent;
  const left = (await mounter.list(CGROUPS))
    .filter(({ type }) => type === "cgroup" || type === "cgroup2")
    .map(({ target }) => join(target, path))
    .filter((directory) => isThere(directory, libc));
  if (left.length === 0) return;
  try {
    await runCommand(findProgram("rmdir"), ["--", ...left], {
      okCodes: "any",
      group: "shared",
    });
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
