/** Finds the mounts of control groups, and the control group of a container. */

import type { Abortable } from "../../errors/abort.ts";
import type { CgroupMounts } from "../../formats/kernel/cgroup_usage.ts";
import type { MountEntry } from "../../formats/storage/mount_table.ts";
import { CGROUPS } from "../../process/libc_proc.ts";
import type { Agent } from "../agent.ts";
import { listCgroupMounts } from "../cgroups.ts";

/** @throws {TypeError} If there are none. */
export async function findCgroupMounts(
  agent: Pick<Agent, "mounter">,
  options: Abortable = {},
): Promise<CgroupMounts> {
  return chooseCgroupMounts(await listCgroupMounts(agent, options));
}

/**
 * Finds the mounts of control groups.
 *
 * @param table The mounts on `/sys/fs/cgroup` and below.
 * @throws {TypeError} If there are none.
 */
export function chooseCgroupMounts(
  table: readonly Pick<MountEntry, "target" | "type">[],
): CgroupMounts {
  const unified = table.find(({ type }) => type === "cgroup2")?.target;
  if (table.some(({ type }) => type === "cgroup")) {
    return { version: 1, directory: CGROUPS, unified };
  }
  if (unified !== undefined) {
    return { version: 2, directory: unified, unified };
  }
  throw new TypeError(
    `Cannot read statistics: no control groups are mounted on ${CGROUPS}`,
  );
}

/**
 * The path of a control group, from the path for the runtime: `/orlop/ID`, or
 * `kubepods-pod1.slice:orlop:ID` for systemd.
 */
export function cgroupPathOf(cgroupsPath: string): string {
  const [slice = "", prefix = "", name = ""] = cgroupsPath.split(":");
  if (!cgroupsPath.includes(":")) {
    return cgroupsPath.startsWith("/") ? cgroupsPath : `/${cgroupsPath}`;
  }
  return `${slicePathOf(slice)}/${prefix}-${name}.scope`;
}

/** The path of a systemd slice: each `-` is a level, systemd.slice(5). */
export function slicePathOf(slice: string): string {
  const parts = slice.replace(/\.slice$/, "").split("-");
  const names = parts.map((_, index) => parts.slice(0, index + 1).join("-"));
  // `-.slice` is the root.
  return names.filter((name) => /[^-]/.test(name))
    .map((name) => `/${name}.slice`)
    .join("");
}
