/** Control groups of the machine, whichever version it has, or both. */

import type { Abortable } from "../errors/abort.ts";
import { isThere } from "../fs/if_there.ts";
import { findProgram } from "../process/find_program.ts";
import { CGROUPS } from "../process/libc_proc.ts";
import { runCommand } from "../process/run_command.ts";
import type { Agent } from "./agent.ts";

/** Lists the directories below which control groups are: one, or one a controller. */
export async function listCgroupRoots(
  { mounter }: Pick<Agent, "mounter">,
  options: Abortable = {},
): Promise<readonly string[]> {
  return (await mounter.list(CGROUPS, options))
    .filter(({ type }) => type === "cgroup" || type === "cgroup2")
    .map(({ target }) => target);
}

/**
 * Removes control groups, unless somebody uses them.
 *
 * @param paths Those above first.
 * @throws {CommandError} If that takes a program that may not be run.
 */
export async function removeCgroups(
  { store: { libc } }: Pick<Agent, "store">,
  paths: readonly string[],
  { signal }: Abortable = {},
): Promise<void> {
  const left = paths.filter((path) => isThere(path, libc)).toReversed();
  if (left.length === 0) return;
  await runCommand(findProgram("rmdir"), ["--", ...left], {
    signal,
    group: "shared",
    okCodes: "any",
  });
}
