/**
 * Resources of the host that a container asks for: whether they exist, and what
 * they are.
 */

import { capabilitiesIn } from "../../image/capabilities.ts";
import type { Volume } from "../../image/volumes.ts";
import type { RuntimeDevice } from "../../image/devices.ts";
import type { ResourceLimits, Ulimit } from "../../image/limits.ts";
import type { SecurityOptions } from "../../image/security.ts";
import type { Host } from "../../process/host.ts";
import type { Agent } from "../agent.ts";

/** A device that a container asks for. */
export interface DeviceRequest {
  /** On the host; absolute. */
  readonly source: string;
  /**
   * In the container; as on the host if omitted.
   *
   * @default {as on the host}
   */
  readonly target?: string | undefined;
  /**
   * Some of `r`, `w` and `m`; all if omitted.
   *
   * @default {"rwm"}
   */
  readonly access?: string | undefined;
}

const SELINUX = "/sys/fs/selinux/enforce";
// stat(2)
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const TYPES: Readonly<Record<number, "c" | "b" | "directory">> = {
  0o020000: "c",
  0o060000: "b",
  [DIRECTORY]: "directory",
};
// The memory controller of cgroup v1, and a file that is missing without swap
// accounting.
const MEMORY_V1 = "/sys/fs/cgroup/memory";
const HUGETLB_V1 = "/sys/fs/cgroup/hugetlb";
const CONTROLLERS_V2 = "/sys/fs/cgroup/cgroup.controllers";
const SWAP_V1 = `${MEMORY_V1}/memory.memsw.limit_in_bytes`;

/** Whether a path of the host, followed, is no device, pipe or directory. */
export function isRegularFile(host: Host, path: string): boolean {
  const { mode = 0 } = host.readStatus(path) ?? {};
  return (mode & FILE_TYPE) === REGULAR;
}

/** Whether a path of the host, followed, is a directory. */
export function isDirectory(host: Host, path: string): boolean {
  const { mode = 0 } = host.readStatus(path) ?? {};
  return (mode & FILE_TYPE) === DIRECTORY;
}

/** @throws {TypeError} If SELinux is enabled, and a label is required. */
export function checkLabels(
  host: Host,
  { labels = [] }: SecurityOptions,
): void {
  const label = labels.find((text) => text !== "disable");
  if (label === undefined || !host.readStatus(SELINUX)) return;
  throw new TypeError(
    `Cannot use SELinux label "${label}": orlop gives none to containers; use ` +
      `label=disable, or podman`,
  );
}

/** @throws {TypeError} If the source of a volume is not there. */
export function checkVolumes(host: Host, volumes: readonly Volume[]): void {
  for (const { source } of volumes) {
    if (host.readStatus(source) !== undefined) continue;
    throw new TypeError(
      `Cannot mount "${source}": there is no such file or directory; make it ` +
        `first`,
    );
  }
}

/**
 * Looks a device up.
 *
 * @throws {TypeError} If it is none.
 */
export function findDevice(
  host: Host,
  { source, target = source, access = "rwm" }: DeviceRequest,
): RuntimeDevice {
  const status = host.readStatus(source);
  if (status === undefined) {
    throw new TypeError(`Cannot use device "${source}": it is not there`);
  }
  const { mode, major, minor, uid, gid } = status;
  const type = TYPES[mode & FILE_TYPE];
  if (type !== "c" && type !== "b") {
    throw new TypeError(
      `Cannot use device "${source}": ` +
        (type === "directory"
          ? "it is a directory; name the devices in it one by one"
          : "it is no device"),
    );
  }
  const fileMode = mode & ~FILE_TYPE;
  return { path: target, type, major, minor, fileMode, uid, gid, access };
}

/**
 * Adapts limits to this machine: without a limit of swap, with a warning, if the
 * kernel does not count it, as podman does.
 *
 * @throws {TypeError} If a CPU or cgroup is asked for that is not there.
 */
export function fitLimits(
  { host, log }: Pick<Agent, "host" | "log">,
  limits: ResourceLimits = {},
): ResourceLimits {
  for (const cpu of (limits.cpusetCpus ?? "").match(/\d+/g) ?? []) {
    if (host.readStatus(`/sys/devices/system/cpu/cpu${Number(cpu)}`)) continue;
    throw new TypeError(`Cannot use CPU ${cpu}: this machine has none of it`);
  }
  checkUnified(host, limits);
  const hugepages = fitHugepages(host, limits);
  const fitted = { ...limits, ...(hugepages && { hugepages }) };
  const needsSwap = limits.memory !== undefined &&
    limits.memorySwap !== "unlimited";
  if (!needsSwap || !host.readStatus(MEMORY_V1) || host.readStatus(SWAP_V1)) {
    return fitted;
  }
  log("warn", "Memory is limited without swap: the kernel does not count it");
  return { ...fitted, memorySwap: "unlimited" };
}

/** Files of version 2 do not exist in version 1. */
function checkUnified(host: Host, { unified = {} }: ResourceLimits): void {
  for (const name of Object.keys(unified)) {
    if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(name)) {
      throw new TypeError(
        `Cannot limit "${name}": a file of a cgroup is named as memory.high is`,
      );
    }
    if (host.readStatus(CONTROLLERS_V2)) continue;
    throw new TypeError(
      `Cannot limit "${name}": this machine has no cgroup version 2`,
    );
  }
}

/** Without the controller, a limit of 0 is accepted: callers send it by default. */
function fitHugepages(
  host: Host,
  { hugepages }: ResourceLimits,
): ResourceLimits["hugepages"] {
  const isCounted = host.readStatus(HUGETLB_V1) ||
    host.readStatus(CONTROLLERS_V2);
  if (hugepages === undefined || isCounted) return hugepages;
  const wanted = hugepages.find(({ limit }) => limit > 0n);
  if (wanted === undefined) return [];
  throw new TypeError(
    `Cannot limit huge pages of ${wanted.pageSize}: this machine has no ` +
      `cgroup that counts them`,
  );
}

/**
 * Adapts the OOM score to what orlop may set: a score below its own needs a
 * privilege; otherwise it is raised, with a warning.
 */
export function fitOomScore(
  { host, log }: Pick<Agent, "host" | "log">,
  wanted: number | undefined,
): number | undefined {
  const mask = host.readCapabilities();
  if (wanted === undefined || mask === undefined) return wanted;
  if (capabilitiesIn(mask).includes("CAP_SYS_RESOURCE")) return wanted;
  const own = host.readOomScore();
  if (own === undefined || wanted >= own) return wanted;
  log("warn", `Raised the OOM score ${wanted} to ${own}: orlop has no less`);
  return own;
}

/**
 * Adapts process limits to what orlop may set: those above its own are lowered,
 * with a warning, unless it may raise them.
 */
export function fitUlimits(
  { host, log }: Pick<Agent, "host" | "log">,
  ulimits: readonly Ulimit[] | "own" | undefined,
): readonly Ulimit[] | "own" | undefined {
  const mask = host.readCapabilities();
  const mayRaise = mask === undefined ||
    capabilitiesIn(mask).includes("CAP_SYS_RESOURCE");
  if (mayRaise || !Array.isArray(ulimits)) return ulimits;
  return ulimits.map((ulimit: Ulimit): Ulimit => {
    const { type, soft, hard } = ulimit;
    const most = host.readLimit(type)?.hard;
    if (most === undefined || hard <= most) return ulimit;
    log("warn", `Lowered limit ${type} to ${most}: orlop itself has no more`);
    return { type, soft: soft < most ? soft : most, hard: most };
  });
}
