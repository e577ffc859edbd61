/** Control groups of the machine, version 1, 2 or both. */

import type { Abortable } from "../errors/abort.ts";
import { isThere } from "../fs/if_there.ts";
import { findProgram } from "../process/find_program.ts";
import { CGROUPS } from "../process/libc_proc.ts";
import { runCommand } from "../process/run_command.ts";
import type { MountEntry } from "../formats/storage/mount_table.ts";
import type { Mounter } from "../mount/mounter.ts";
import type { Agent } from "./agent.ts";

// The table of mounts grows with each container, these hardly ever change.
const FRESH_MS = 10_000;
const known = new WeakMap<Mounter, KnownMounts>();

interface KnownMounts {
  readonly atMs: number;
  readonly mounts: readonly MountEntry[];
}

/** Lists the mounts at and below the mount point of control groups. */
export async function listCgroupMounts(
  { mounter }: Pick<Agent, "mounter">,
  options: Abortable = {},
): Promise<readonly MountEntry[]> {
  const before = known.get(mounter);
  const nowMs = performance.now();
  if (before !== undefined && nowMs - before.atMs < FRESH_MS) {
    return before.mounts;
  }
  const mounts = await mounter.list(CGROUPS, options);
  if (mounts.length > 0) known.set(mounter, { atMs: nowMs, mounts });
  return mounts;
}

/**
 * Lists the root directories of control groups: one, or one for each controller.
 */
export async function listCgroupRoots(
  agent: Pick<Agent, "mounter">,
  options: Abortable = {},
): Promise<readonly string[]> {
  return (await listCgroupMounts(agent, options))
    .filter(({ type }) => type === "cgroup" || type === "cgroup2")
    .map(({ target }) => target);
}

/**
 * Removes control groups that are not in use.
 *
 * @param paths Parents first.
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
