/** Converts the resource limits of a container. */

import type { ResourceLimits } from "../../image/limits.ts";
import type { LinuxContainerResources } from "../api/api_pb.js";

/** The resources of a request. */
export type ResourcesRequest = Pick<
  LinuxContainerResources,
  | "cpuPeriod"
  | "cpuQuota"
  | "cpuShares"
  | "memoryLimitInBytes"
  | "memorySwapLimitInBytes"
  | "cpusetCpus"
  | "cpusetMems"
  | "hugepageLimits"
  | "unified"
>;

const MIN_OOM_SCORE = -1000n;
const MAX_OOM_SCORE = 1000n;
/** The kernel's names: `2MB`, `64KB`. */
const PAGE_SIZE = /^[1-9]\d{0,5}(KB|MB|GB)$/;
const CPU_LIST = /^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/;

/**
 * Limits of a container. 0 is the default, or no change, except for huge pages; a
 * negative value removes a limit. Processes are limited for the pod, by the
 * kubelet.
 *
 * @throws {TypeError} If one is invalid.
 */
export function limitSettings(request: ResourcesRequest): ResourceLimits {
  const { unified, hugepageLimits, cpusetCpus, cpusetMems } = request;
  const memory = limitOf(request.memoryLimitInBytes);
  return {
    memory,
    memorySwap: swapOf(request, memory),
    cpuPeriod: shareOf(request.cpuPeriod),
    cpuQuota: limitOf(request.cpuQuota),
    cpuShares: shareOf(request.cpuShares),
    cpusetCpus: listOf("CPUs", cpusetCpus),
    cpusetMems: listOf("nodes of memory", cpusetMems),
    pids: 0,
    hugepages: hugepageLimits.map(({ pageSize, limit }) => {
      if (PAGE_SIZE.test(pageSize)) return { pageSize, limit };
      throw new TypeError(
        `Cannot limit huge pages of "${pageSize}": expected such as 2MB`,
      );
    }),
    unified,
  };
}

/** @throws {TypeError} If it is none. */
export function oomScoreOf(
  { oomScoreAdj }: Pick<LinuxContainerResources, "oomScoreAdj">,
): number {
  if (oomScoreAdj >= MIN_OOM_SCORE && oomScoreAdj <= MAX_OOM_SCORE) {
    return Number(oomScoreAdj);
  }
  throw new TypeError(
    `Cannot use OOM score ${oomScoreAdj}: it is from ${MIN_OOM_SCORE} to ` +
      `${MAX_OOM_SCORE}`,
  );
}

/**
 * Without a setting there is no swap, as in CRI-O. A negative value is no limit.
 */
function swapOf(
  { memorySwapLimitInBytes: swap }: ResourcesRequest,
  memory: number | undefined,
): number | "unlimited" | undefined {
  if (memory === undefined || memory < 0) return memory;
  if (swap < 0n || swap > Number.MAX_SAFE_INTEGER) return "unlimited";
  return swap === 0n ? memory : Number(swap);
}

/** A value beyond any machine is no limit. */
function limitOf(value: bigint): number | undefined {
  if (value === 0n) return undefined;
  return value < 0n || value > Number.MAX_SAFE_INTEGER ? -1 : Number(value);
}

/** A value that is always set. */
function shareOf(value: bigint): number | undefined {
  return value > 0n && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : undefined;
}

function listOf(what: string, text: string): string | undefined {
  if (text === "") return undefined;
  if (CPU_LIST.test(text)) return text;
  throw new TypeError(
    `Cannot use ${what} "${text}": expected such as 0-3,8`,
  );
}
