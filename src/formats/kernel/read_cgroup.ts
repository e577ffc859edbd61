/** Reads what control groups have used, of either version. */

import type {
  CgroupMounts,
  CgroupUsage,
  ReadCgroupFile,
} from "./cgroup_usage.ts";
import { readVersion1, VERSION_1_FILES } from "./cgroup_version1.ts";
import { readVersion2, VERSION_2_FILES } from "./cgroup_version2.ts";
import { parsePressure } from "./kernel_text.ts";

const PRESSURE_FILES = ["cpu.pressure", "memory.pressure", "io.pressure"];

/**
 * Lists the files that tell of a control group.
 *
 * @param path Absolute, below the root of all: `/kubepods/pod1/ID`.
 */
export function cgroupFiles(
  mounts: CgroupMounts,
  path: string,
): readonly string[] {
  const names = mounts.version === 1 ? VERSION_1_FILES : VERSION_2_FILES;
  return [...names, ...PRESSURE_FILES].flatMap((name) =>
    cgroupFile(mounts, path, name) ?? []
  );
}

/**
 * Tells what a control group has used.
 *
 * @param files Texts of `cgroupFiles()`, by their paths.
 * @returns Undefined if it is not there.
 */
export function readCgroupUsage(
  mounts: CgroupMounts,
  path: string,
  files: ReadonlyMap<string, string>,
): CgroupUsage | undefined {
  const read: ReadCgroupFile = (name) => {
    const file = cgroupFile(mounts, path, name);
    return file === undefined ? undefined : files.get(file);
  };
  const usage = mounts.version === 1 ? readVersion1(read) : readVersion2(read);
  if (usage === undefined) return undefined;
  const { cpu, memory, io, ...rest } = usage;
  return {
    ...rest,
    cpu: { ...cpu, pressure: parsePressure(read("cpu.pressure")) },
    memory: { ...memory, pressure: parsePressure(read("memory.pressure")) },
    io: { ...io, pressure: parsePressure(read("io.pressure")) },
  };
}

/** In version 1 a name has its controller before it: `cpu/cpu.shares`. */
function cgroupFile(
  { version, directory, unified }: CgroupMounts,
  path: string,
  name: string,
): string | undefined {
  if (name.endsWith(".pressure")) {
    return unified === undefined ? undefined : `${unified}${path}/${name}`;
  }
  if (version === 2) return `${directory}${path}/${name}`;
  const [controller = "", file = ""] = name.split("/");
  return `${directory}/${controller}${path}/${file}`;
}
