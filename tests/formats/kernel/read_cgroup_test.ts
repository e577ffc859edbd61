import { assert, assertEquals } from "@std/assert";
import type { CgroupMounts } from "../../../src/formats/kernel/cgroup_usage.ts";
import {
  cgroupFiles,
  readCgroupUsage,
} from "../../../src/formats/kernel/read_cgroup.ts";

const V1: CgroupMounts = {
  version: 1,
  directory: "/cg",
  unified: "/cg/unified",
};
const V2: CgroupMounts = { version: 2, directory: "/cg", unified: "/cg" };

/** All files of a control group, as far as they are asked for. */
function read(mounts: CgroupMounts, files: Readonly<Record<string, string>>) {
  const wanted = new Set(cgroupFiles(mounts, "/a/b"));
  for (const path of Object.keys(files)) assert(wanted.has(path), path);
  return readCgroupUsage(mounts, "/a/b", new Map(Object.entries(files)));
}

Deno.test("readCgroupUsage() reads version 1", () => {
  const usage = read(V1, {
    "/cg/cpuacct/a/b/cpuacct.usage": "700\n",
    "/cg/cpuacct/a/b/cpuacct.usage_user": "400\n",
    "/cg/cpuacct/a/b/cpuacct.usage_sys": "300\n",
    "/cg/cpu/a/b/cpu.stat": "nr_periods 5\nnr_throttled 2\nthrottled_time 9\n",
    "/cg/cpu/a/b/cpu.cfs_quota_us": "-1\n",
    "/cg/cpu/a/b/cpu.cfs_period_us": "100000\n",
    "/cg/cpu/a/b/cpu.shares": "2\n",
    "/cg/memory/a/b/memory.usage_in_bytes": "1000\n",
    "/cg/memory/a/b/memory.max_usage_in_bytes": "2000\n",
    "/cg/memory/a/b/memory.limit_in_bytes": "4096\n",
    "/cg/memory/a/b/memory.memsw.limit_in_bytes": "5000\n",
    "/cg/memory/a/b/memory.soft_limit_in_bytes": "9223372036854771712\n",
    "/cg/memory/a/b/memory.stat": "rss 1\ntotal_rss 600\ntotal_cache 50\n" +
      "total_mapped_file 7\ntotal_swap 8\ntotal_inactive_file 30\n" +
      "total_pgfault 11\ntotal_pgmajfault 1\n",
    "/cg/memory/a/b/memory.kmem.usage_in_bytes": "77\n",
    "/cg/memory/a/b/memory.failcnt": "3\n",
    "/cg/memory/a/b/memory.oom_control": "under_oom 0\noom_kill 1\n",
    "/cg/blkio/a/b/blkio.throttle.io_service_bytes_recursive":
      "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n",
    "/cg/blkio/a/b/blkio.throttle.io_serviced_recursive":
      "8:0 Read 1\n8:0 Write 2\n259:1 Write 4\nTotal 7\n",
    "/cg/pids/a/b/pids.current": "4\n",
    "/cg/pids/a/b/pids.max": "max\n",
    "/cg/pids/a/b/cgroup.procs": "12\n7\n12\n0\n",
    "/cg/hugetlb/a/b/hugetlb.2MB.usage_in_bytes": "0\n",
    "/cg/hugetlb/a/b/hugetlb.2MB.max_usage_in_bytes": "4\n",
    "/cg/unified/a/b/cpu.pressure":
      "some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n",
  });
  const { cpu, memory, io, ...rest } = usage ?? {};
  const { pressure, ...times } = cpu ?? {};
  assertEquals(pressure?.some.totalNs, 5000n);
  assertEquals(times, {
    ...{ usageNs: 700n, userNs: 400n, systemNs: 300n },
    ...{ periods: 5n, throttledPeriods: 2n, throttledNs: 9n },
    ...{ quotaUs: undefined, periodUs: 100000n, shares: 2n },
  });
  assertEquals(memory, {
    ...{ usage: 1000n, workingSet: 970n, rss: 600n, cache: 50n },
    ...{ mappedFile: 7n, kernel: 77n, maxUsage: 2000n, limit: 4096n },
    ...{ reservation: undefined, swap: 8n, swapLimit: 904n },
    ...{ pageFaults: 11n, majorPageFaults: 1n, failures: 3n, oomKills: 1n },
    pressure: undefined,
  });
  assertEquals(io?.devices, [
    {
      ...{ major: 8, minor: 0, readBytes: 10n, writtenBytes: 20n },
      ...{ reads: 1n, writes: 2n },
    },
    {
      ...{ major: 259, minor: 1, readBytes: 0n, writtenBytes: 0n },
      ...{ reads: 0n, writes: 4n },
    },
  ]);
  assertEquals(rest, {
    hugepages: [{ pageSize: "2MB", usage: 0n, maxUsage: 4n }],
    processes: { threads: 4n, threadsLimit: undefined, ids: [12, 7] },
  });
});

Deno.test("readCgroupUsage() reads version 2", () => {
  const usage = read(V2, {
    "/cg/a/b/cpu.stat": "usage_usec 7\nuser_usec 4\nsystem_usec 3\n" +
      "nr_periods 5\nnr_throttled 2\nthrottled_usec 9\n",
    "/cg/a/b/cpu.max": "50000 100000\n",
    "/cg/a/b/cpu.weight": "39\n",
    "/cg/a/b/memory.current": "1000\n",
    "/cg/a/b/memory.peak": "2000\n",
    "/cg/a/b/memory.max": "max\n",
    "/cg/a/b/memory.low": "0\n",
    "/cg/a/b/memory.stat": "anon 600\nfile 50\nkernel 77\nfile_mapped 7\n" +
      "inactive_file 3000\npgfault 11\npgmajfault 1\n",
    "/cg/a/b/memory.events": "low 0\nmax 3\noom 1\noom_kill 1\n",
    "/cg/a/b/memory.swap.current": "8\n",
    "/cg/a/b/memory.swap.max": "0\n",
    "/cg/a/b/memory.pressure":
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
    "/cg/a/b/io.stat":
      "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n253:0 \n",
    "/cg/a/b/pids.current": "4\n",
    "/cg/a/b/pids.max": "100\n",
    "/cg/a/b/cgroup.procs": "7\n",
  });
  const { cpu, memory, io, processes } = usage ?? {};
  assertEquals(cpu, {
    ...{ usageNs: 7000n, userNs: 4000n, systemNs: 3000n },
    ...{ periods: 5n, throttledPeriods: 2n, throttledNs: 9000n },
    ...{ quotaUs: 50000n, periodUs: 100000n, shares: 998n },
    pressure: undefined,
  });
  assertEquals(memory?.pressure?.some.totalNs, 1000n);
  assertEquals([memory?.usage, memory?.workingSet], [1000n, 0n]);
  assertEquals([memory?.limit, memory?.swapLimit], [undefined, 0n]);
  assertEquals([memory?.failures, memory?.oomKills], [3n, 1n]);
  assertEquals(io?.devices, [{
    ...{ major: 8, minor: 0, readBytes: 10n, writtenBytes: 20n },
    ...{ reads: 1n, writes: 2n },
  }]);
  assertEquals(processes, { threads: 4n, threadsLimit: 100n, ids: [7] });
});

Deno.test("readCgroupUsage() finds none that is not there", () => {
  assertEquals(read(V1, {}), undefined);
  assertEquals(read(V2, { "/cg/a/b/cgroup.procs": "1\n" }), undefined);
  const without: CgroupMounts = { ...V1, unified: undefined };
  const files = { "/cg/cpuacct/a/b/cpuacct.usage": "1\n" };
  assertEquals(read(without, files)?.cpu.pressure, undefined);
});

Deno.test("readCgroupUsage() reads all of the memory of version 2", async (t) => {
  const memory = (files: Readonly<Record<string, string>>) =>
    read(V2, {
      "/cg/a/b/memory.current": "1000\n",
      ...Object.fromEntries(
        Object.entries(files).map(([name, text]) => [`/cg/a/b/${name}`, text]),
      ),
    })?.memory;
  await t.step("each member", () => {
    assertEquals(
      memory({
        "memory.peak": "2000\n",
        "memory.max": "3000\n",
        "memory.low": "40\n",
        "memory.stat": "anon 600\nfile 50\nkernel 77\nslab 5\n" +
          "file_mapped 7\ninactive_file 30\npgfault 11\npgmajfault 1\n",
        "memory.events": "low 0\nmax 3\noom 9\noom_kill 2\n",
        "memory.swap.current": "8\n",
        "memory.swap.max": "90\n",
      }),
      {
        ...{ usage: 1000n, workingSet: 970n, rss: 600n, cache: 50n },
        ...{ mappedFile: 7n, kernel: 77n, maxUsage: 2000n, limit: 3000n },
        ...{ reservation: 40n, swap: 8n, swapLimit: 90n, pageFaults: 11n },
        ...{ majorPageFaults: 1n, failures: 3n, oomKills: 2n },
        pressure: undefined,
      },
    );
  });
  await t.step("older kernels", () => {
    const { kernel, workingSet, rss } = memory({ "memory.stat": "slab 5\n" }) ??
      {};
    assertEquals([kernel, workingSet, rss], [5n, 1000n, undefined]);
    const low = memory({ "memory.low": "0\n" })?.reservation;
    const equal = memory({ "memory.stat": "inactive_file 1000\n" });
    assertEquals([low, equal?.workingSet], [undefined, 0n]);
  });
});

Deno.test("readCgroupUsage() converts weights as runc does", () => {
  const shares = (weight: string) =>
    read(V2, {
      "/cg/a/b/memory.current": "1\n",
      "/cg/a/b/cpu.weight": `${weight}\n`,
    })?.cpu.shares;
  assertEquals(["1", "2", "39", "100", "10000", "0", "max"].map(shares), [
    ...[2n, 28n, 998n, 2597n, 262144n, undefined, undefined],
  ]);
});

Deno.test("readCgroupUsage() reads huge pages, pressure and devices", () => {
  const pressure = (total: number) =>
    `some avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\n`;
  const two = read(V2, {
    "/cg/a/b/cpu.stat": "usage_usec 1\n",
    "/cg/a/b/hugetlb.2MB.current": "5\n",
    "/cg/a/b/hugetlb.1GB.current": "0\n",
    "/cg/a/b/cpu.pressure": pressure(1),
    "/cg/a/b/memory.pressure": pressure(2),
    "/cg/a/b/io.pressure": pressure(3),
    "/cg/a/b/io.stat": "8:16 rios=4\n8:x rbytes=1\n8:0\n",
  });
  assertEquals(two?.hugepages, [
    { pageSize: "2MB", usage: 5n, maxUsage: undefined },
    { pageSize: "1GB", usage: 0n, maxUsage: undefined },
  ]);
  const { cpu, memory, io } = two ?? {};
  assertEquals(
    [cpu, memory, io].map((part) => part?.pressure?.some.totalNs),
    [1000n, 2000n, 3000n],
  );
  assertEquals(io?.devices, [{
    ...{ major: 8, minor: 16, readBytes: 0n, writtenBytes: 0n },
    ...{ reads: 4n, writes: 0n },
  }]);
  const one = read(V1, {
    "/cg/memory/a/b/memory.usage_in_bytes": "5\n",
    "/cg/memory/a/b/memory.limit_in_bytes": "4611686018427387904\n",
    "/cg/memory/a/b/memory.memsw.limit_in_bytes": "4611686018427387903\n",
    "/cg/memory/a/b/memory.stat": "total_inactive_file 9\n",
    "/cg/blkio/a/b/blkio.throttle.io_serviced_recursive":
      "8:0 Read\n8:0:1 Read 5\n8:1 Read 6\n",
    "/cg/unified/a/b/io.pressure": pressure(4),
  });
  assertEquals(one?.memory.limit, undefined);
  assertEquals(one?.memory.swapLimit, 4611686018427387903n);
  assertEquals(one?.memory.workingSet, 0n);
  assertEquals(one?.io.devices.map(({ minor, reads }) => [minor, reads]), [[
    1,
    6n,
  ]]);
  assertEquals(one?.io.pressure?.some.totalNs, 4000n);
});
