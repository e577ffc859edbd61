/** Control groups of version 1: a directory for each controller. */

import type {
  Amount,
  CgroupUsage,
  DeviceUsage,
  HugepageUsage,
  MemoryUsage,
  ReadCgroupFile,
} from "./cgroup_usage.ts";
import { HUGEPAGE_SIZES, minus, readProcessIds } from "./cgroup_common.ts";
import { parseCounter, parseCounters } from "./kernel_text.ts";

const MEMORY = "memory/memory";
const BYTES = "blkio/blkio.throttle.io_service_bytes_recursive";
const TIMES = "blkio/blkio.throttle.io_serviced_recursive";

/** Files with what counts here, each with its controller. */
export const VERSION_1_FILES: readonly string[] = [
  ...["usage", "usage_user", "usage_sys"].map((name) =>
    `cpuacct/cpuacct.${name}`
  ),
  ...["stat", "cfs_quota_us", "cfs_period_us", "shares"].map((name) =>
    `cpu/cpu.${name}`
  ),
  ...["usage_in_bytes", "max_usage_in_bytes", "limit_in_bytes"].flatMap(
    (name) => [`${MEMORY}.${name}`, `${MEMORY}.memsw.${name}`],
  ),
  ...["stat", "failcnt", "oom_control", "soft_limit_in_bytes"].map((name) =>
    `${MEMORY}.${name}`
  ),
  `${MEMORY}.kmem.usage_in_bytes`,
  ...[BYTES, TIMES, "pids/pids.current", "pids/pids.max", "pids/cgroup.procs"],
  ...HUGEPAGE_SIZES.flatMap((size) => [
    `hugetlb/hugetlb.${size}.usage_in_bytes`,
    `hugetlb/hugetlb.${size}.max_usage_in_bytes`,
  ]),
];

// What no limit is written as: all that fits into pages of any size.
const NO_LIMIT = 1n << 62n;

/** @returns Undefined if there is no such control group. */
export function readVersion1(read: ReadCgroupFile): CgroupUsage | undefined {
  const number = (name: string) => parseCounter(read(name));
  const usageNs = number("cpuacct/cpuacct.usage");
  const memory = readMemory(read);
  if (usageNs === undefined && memory.usage === undefined) return undefined;
  const stat = parseCounters(read("cpu/cpu.stat"));
  return {
    cpu: {
      usageNs,
      userNs: number("cpuacct/cpuacct.usage_user"),
      systemNs: number("cpuacct/cpuacct.usage_sys"),
      periods: stat.get("nr_periods"),
      throttledPeriods: stat.get("nr_throttled"),
      throttledNs: stat.get("throttled_time"),
      quotaUs: number("cpu/cpu.cfs_quota_us"),
      periodUs: number("cpu/cpu.cfs_period_us"),
      shares: number("cpu/cpu.shares"),
    },
    memory,
    io: { devices: readDevices(read) },
    hugepages: HUGEPAGE_SIZES.flatMap((size) => readHugepages(read, size)),
    processes: {
      threads: number("pids/pids.current"),
      threadsLimit: number("pids/pids.max"),
      ids: readProcessIds(read("pids/cgroup.procs")),
    },
  };
}

function readMemory(read: ReadCgroupFile): MemoryUsage {
  const number = (name: string) => parseCounter(read(`${MEMORY}.${name}`));
  const stat = parseCounters(read(`${MEMORY}.stat`));
  const usage = number("usage_in_bytes");
  const limit = limitOf(number("limit_in_bytes"));
  const withSwap = limitOf(number("memsw.limit_in_bytes"));
  return {
    usage,
    workingSet: minus(usage, stat.get("total_inactive_file")),
    rss: stat.get("total_rss"),
    cache: stat.get("total_cache"),
    mappedFile: stat.get("total_mapped_file"),
    kernel: number("kmem.usage_in_bytes"),
    maxUsage: number("max_usage_in_bytes"),
    limit,
    reservation: limitOf(number("soft_limit_in_bytes")),
    swap: stat.get("total_swap"),
    swapLimit: minus(withSwap, limit),
    pageFaults: stat.get("total_pgfault"),
    majorPageFaults: stat.get("total_pgmajfault"),
    failures: number("failcnt"),
    oomKills: parseCounters(read(`${MEMORY}.oom_control`)).get("oom_kill"),
  };
}

function limitOf(value: Amount): Amount {
  return value === undefined || value >= NO_LIMIT ? undefined : value;
}

/** Lines such as `8:0 Read 4096`; a last one has the total. */
function readDevices(read: ReadCgroupFile): readonly DeviceUsage[] {
  const bytes = readTable(read(BYTES));
  const times = readTable(read(TIMES));
  return [...new Set([...bytes.keys(), ...times.keys()])].map((device) => {
    const [major = "", minor = ""] = device.split(":");
    const of = (table: typeof bytes, word: string) =>
      table.get(device)?.get(word) ?? 0n;
    return {
      major: Number(major),
      minor: Number(minor),
      readBytes: of(bytes, "Read"),
      writtenBytes: of(bytes, "Write"),
      reads: of(times, "Read"),
      writes: of(times, "Write"),
    };
  });
}

function readTable(
  text = "",
): ReadonlyMap<string, ReadonlyMap<string, bigint>> {
  const table = new Map<string, Map<string, bigint>>();
  for (const line of text.split("\n")) {
    const [device = "", word = "", value] = line.split(" ");
    const number = parseCounter(value);
    if (!/^\d+:\d+$/.test(device) || number === undefined) continue;
    const row = table.get(device) ?? new Map<string, bigint>();
    table.set(device, row.set(word, number));
  }
  return table;
}

function readHugepages(
  read: ReadCgroupFile,
  pageSize: string,
): readonly HugepageUsage[] {
  const number = (name: string) =>
    parseCounter(read(`hugetlb/hugetlb.${pageSize}.${name}`));
  const usage = number("usage_in_bytes");
  if (usage === undefined) return [];
  return [{ pageSize, usage, maxUsage: number("max_usage_in_bytes") }];
}
