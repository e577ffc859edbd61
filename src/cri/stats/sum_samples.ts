/** Adds up the usage of several control groups. */

import type { UsageSample } from "../../engine/stats/usage_reader.ts";
import type {
  Amount,
  CgroupUsage,
  CpuUsage,
  MemoryUsage,
} from "../../formats/kernel/cgroup_usage.ts";

/** The sum, as of the latest; undefined of nothing. Limits and pressure have none. */
export function sumSamples(
  samples: readonly UsageSample[],
): Omit<UsageSample, "path"> | undefined {
  const [first] = samples;
  if (first === undefined) return undefined;
  const sum = (get: (sample: UsageSample) => Amount) => add(samples.map(get));
  const threads = sum(({ usage }) => usage.processes.threads);
  return {
    takenAtNs: samples.reduce(
      (latest, { takenAtNs }) => takenAtNs > latest ? takenAtNs : latest,
      first.takenAtNs,
    ),
    nanoCores: sum(({ nanoCores }) => nanoCores),
    usage: {
      cpu: sumCpu(samples.map(({ usage }) => usage.cpu)),
      memory: sumMemory(samples.map(({ usage }) => usage.memory)),
      io: { devices: [] },
      hugepages: [],
      processes: { threads, threadsLimit: undefined, ids: [] },
    },
  };
}

function sumCpu(all: readonly CpuUsage[]): CgroupUsage["cpu"] {
  return {
    usageNs: add(all.map(({ usageNs }) => usageNs)),
    userNs: add(all.map(({ userNs }) => userNs)),
    systemNs: add(all.map(({ systemNs }) => systemNs)),
    ...{ periods: undefined, throttledPeriods: undefined },
    ...{ throttledNs: undefined, quotaUs: undefined },
    ...{ periodUs: undefined, shares: undefined },
  };
}

function sumMemory(all: readonly MemoryUsage[]): MemoryUsage {
  const sum = (get: (memory: MemoryUsage) => Amount) => add(all.map(get));
  return {
    usage: sum(({ usage }) => usage),
    workingSet: sum(({ workingSet }) => workingSet),
    rss: sum(({ rss }) => rss),
    cache: sum(({ cache }) => cache),
    mappedFile: sum(({ mappedFile }) => mappedFile),
    kernel: sum(({ kernel }) => kernel),
    swap: sum(({ swap }) => swap),
    pageFaults: sum(({ pageFaults }) => pageFaults),
    majorPageFaults: sum(({ majorPageFaults }) => majorPageFaults),
    failures: sum(({ failures }) => failures),
    oomKills: sum(({ oomKills }) => oomKills),
    ...{ maxUsage: undefined, limit: undefined, swapLimit: undefined },
    reservation: undefined,
  };
}

/** Undefined if not measured. */
function add(amounts: readonly Amount[]): Amount {
  return amounts.reduce<Amount>(
    (total, amount) => amount === undefined ? total : (total ?? 0n) + amount,
    undefined,
  );
}
