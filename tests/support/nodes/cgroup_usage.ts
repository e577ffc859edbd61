/** What a control group has used: a number of its own for each member. */

import type { CgroupUsage } from "../../../src/formats/kernel/cgroup_usage.ts";
import type { Pressure } from "../../../src/formats/kernel/kernel_text.ts";

const SECOND = 1_000_000_000n;

/** Some waited `seconds`, all a second more. */
function pressure(seconds: bigint): Pressure {
  const averages = { average10: 1.5, average60: 2.5, average300: 3.5 };
  return {
    some: { ...averages, totalNs: seconds * SECOND },
    full: { ...averages, average10: 0.5, totalNs: (seconds + 1n) * SECOND },
  };
}

/** All of it. */
export const USAGE: CgroupUsage = {
  cpu: {
    ...{ usageNs: SECOND, userNs: 2n * SECOND, systemNs: 3n * SECOND },
    ...{ periods: 4n, throttledPeriods: 5n, throttledNs: 6n * SECOND },
    ...{ quotaUs: 7n, periodUs: 8n, shares: 9n, pressure: pressure(11n) },
  },
  memory: {
    ...{ usage: 101n, workingSet: 102n, rss: 103n, cache: 104n },
    ...{ mappedFile: 105n, kernel: 106n, maxUsage: 107n, limit: 108n },
    ...{ reservation: 109n, swap: 110n, swapLimit: 111n, pageFaults: 112n },
    ...{ majorPageFaults: 113n, failures: 114n, oomKills: 115n },
    pressure: pressure(21n),
  },
  io: {
    devices: [{
      ...{ major: 8, minor: 1, readBytes: 41n, writtenBytes: 42n },
      ...{ reads: 43n, writes: 44n },
    }],
    pressure: pressure(31n),
  },
  hugepages: [
    { pageSize: "2MB", usage: 45n, maxUsage: 46n },
    { pageSize: "1GB", usage: 47n, maxUsage: undefined },
  ],
  processes: { threads: 51n, threadsLimit: 52n, ids: [1, 2, 3] },
};
