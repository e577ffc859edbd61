/** Makes the control group of a pod's containers, if it is missing. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { isThere } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import type { Agent } from "../agent.ts";
import { isDirectory } from "../templates/host_resources.ts";
import { listCgroupRoots } from "../cgroups.ts";
import type { SandboxRequest } from "./sandbox.ts";

/** The cgroup manager of a sandbox: as requested, else according to its parent. */
export function managerOf(
  { cgroupManager, cgroupParent = "" }: Pick<
    SandboxRequest,
    "cgroupManager" | "cgroupParent"
  >,
): "cgroupfs" | "systemd" {
  if (cgroupManager !== undefined) return cgroupManager;
  return cgroupParent.endsWith(".slice") ? "systemd" : "cgroupfs";
}

/**
 * Lists the directories of a pod's control group that are missing, parents first.
 * None of systemd's slices: systemd makes them on demand.
 */
export async function findMissingCgroups(
  agent: Agent,
  request: Pick<SandboxRequest, "cgroupManager" | "cgroupParent">,
  options: Abortable = {},
): Promise<readonly string[]> {
  const { cgroupParent = "" } = request;
  const parts = cgroupParent.split("/").filter((part) => part !== "");
  if (parts.length === 0 || managerOf(request) === "systemd") return [];
  return (await listCgroupRoots(agent, options))
    .flatMap((root) =>
      parts.map((_part, index) => join(root, ...parts.slice(0, index + 1)))
    )
    .filter((path) => !isThere(path, agent.store.libc));
}

/**
 * Makes missing directories where orlop has no write permission. A kubelet normally
 * makes those of logs.
 *
 * @throws {CommandError} If one cannot be made.
 */
export async function makeHostDirectories(
  { host }: Pick<Agent, "host">,
  paths: readonly string[],
  { signal }: Abortable = {},
): Promise<void> {
  const missing = paths.filter((path) => !isDirectory(host, path));
  if (missing.length === 0) return;
  await runCommand(findProgram("mkdir"), ["--parents", "--", ...missing], {
    signal,
    group: "shared",
  });
}
