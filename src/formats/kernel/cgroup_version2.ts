/** Control groups of version 2: all controllers in one directory. */

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

/** Files with what counts here. */
export const VERSION_2_FILES: readonly string[] = [
  ...["cpu.stat", "cpu.max", "cpu.weight"],
  ...["current", "peak", "max", "low", "stat", "events"].map((name) =>
    `memory.${name}`
  ),
  ...["memory.swap.current", "memory.swap.max", "io.stat"],
  ...["pids.current", "pids.max", "cgroup.procs"],
  ...HUGEPAGE_SIZES.map((size) => `hugetlb.${size}.current`),
];

const NS_PER_US = 1000n;
// The weight's range, and that of shares: runc's conversion between the two.
const MAX_WEIGHT_STEP = 9999n;
const MIN_SHARES = 2n;
const SHARES_STEP = 262_142n;

/** @returns Undefined if there is no such control group. */
export function readVersion2(read: ReadCgroupFile): CgroupUsage | undefined {
  const number = (name: string) => parseCounter(read(name));
  const stat = parseCounters(read("cpu.stat"));
  const usageUs = stat.get("usage_usec");
  const memory = readMemory(read);
  if (usageUs === undefined && memory.usage === undefined) return undefined;
  const [quota, period] = (read("cpu.max") ?? "").trim().split(" ");
  return {
    cpu: {
      usageNs: toNs(usageUs),
      userNs: toNs(stat.get("user_usec")),
      systemNs: toNs(stat.get("system_usec")),
      periods: stat.get("nr_periods"),
      throttledPeriods: stat.get("nr_throttled"),
      throttledNs: toNs(stat.get("throttled_usec")),
      quotaUs: parseCounter(quota),
      periodUs: parseCounter(period),
      shares: toShares(number("cpu.weight")),
    },
    memory,
    io: { devices: readDevices(read("io.stat")) },
    hugepages: HUGEPAGE_SIZES.flatMap((size) => readHugepages(read, size)),
    processes: {
      threads: number("pids.current"),
      threadsLimit: number("pids.max"),
      ids: readProcessIds(read("cgroup.procs")),
    },
  };
}

function readMemory(read: ReadCgroupFile): MemoryUsage {
  const number = (name: string) => parseCounter(read(`memory.${name}`));
  const stat = parseCounters(read("memory.stat"));
  const events = parseCounters(read("memory.events"));
  const usage = number("current");
  const low = number("low");
  return {
    usage,
    workingSet: minus(usage, stat.get("inactive_file")),
    rss: stat.get("anon"),
    cache: stat.get("file"),
    mappedFile: stat.get("file_mapped"),
    kernel: stat.get("kernel") ?? stat.get("slab"),
    maxUsage: number("peak"),
    limit: number("max"),
    reservation: low === 0n ? undefined : low,
    swap: number("swap.current"),
    swapLimit: number("swap.max"),
    pageFaults: stat.get("pgfault"),
    majorPageFaults: stat.get("pgmajfault"),
    failures: events.get("max"),
    oomKills: events.get("oom_kill"),
  };
}

function toNs(us: Amount): Amount {
  return us === undefined ? undefined : us * NS_PER_US;
}

function toShares(weight: Amount): Amount {
  if (weight === undefined || weight < 1n) return undefined;
  return MIN_SHARES + (weight - 1n) * SHARES_STEP / MAX_WEIGHT_STEP;
}

/** Lines such as `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
function readDevices(text = ""): readonly DeviceUsage[] {
  return text.split("\n").flatMap((line): readonly DeviceUsage[] => {
    const [, major, minor, rest = ""] = /^(\d+):(\d+) (.*)$/.exec(line) ?? [];
    if (major === undefined || minor === undefined) return [];
    const counters = parseCounters(
      rest.replaceAll("=", " ").replaceAll(
        / (?=[a-z])/g,
        "\n",
      ),
    );
    if (counters.size === 0) return [];
    const of = (name: string) => counters.get(name) ?? 0n;
    return [{
      major: Number(major),
      minor: Number(minor),
      readBytes: of("rbytes"),
      writtenBytes: of("wbytes"),
      reads: of("rios"),
      writes: of("wios"),
    }];
  });
}

function readHugepages(
  read: ReadCgroupFile,
  pageSize: string,
): readonly HugepageUsage[] {
  const usage = parseCounter(read(`hugetlb.${pageSize}.current`));
  return usage === undefined ? [] : [{ pageSize, usage, maxUsage: undefined }];
}
