import { assertEquals } from "@std/assert";
import { sumSamples } from "../../../src/cri/stats/sum_samples.ts";
import {
  fileSystemMessage,
  networkMessage,
  usageMessages,
} from "../../../src/cri/stats/usage_messages.ts";
import type { UsageSample } from "../../../src/engine/stats/usage_reader.ts";
import type { MemoryUsage } from "../../../src/formats/kernel/cgroup_usage.ts";
import { USAGE } from "../../support/nodes/cgroup_usage.ts";

const SECOND = 1_000_000_000n;
const SAMPLE: UsageSample = {
  ...{ path: "/a", takenAtNs: 7n, nanoCores: 5n, usage: USAGE },
};

/** A sample with another memory. */
function withMemory(changes: Partial<MemoryUsage>): UsageSample {
  const memory = { ...USAGE.memory, ...changes };
  return { ...SAMPLE, usage: { ...USAGE, memory } };
}

Deno.test("usageMessages() tells a kubelet what it asks for", () => {
  const waits = (seconds: bigint) => ({
    Some: { Total: seconds * SECOND, Avg10: 1.5, Avg60: 2.5, Avg300: 3.5 },
    Full: {
      ...{ Total: (seconds + 1n) * SECOND },
      ...{ Avg10: 0.5, Avg60: 2.5, Avg300: 3.5 },
    },
  });
  assertEquals(usageMessages(SAMPLE), {
    cpu: {
      timestamp: 7n,
      usageCoreNanoSeconds: { value: SECOND },
      usageNanoCores: { value: 5n },
      psi: waits(11n),
    },
    memory: {
      timestamp: 7n,
      workingSetBytes: { value: 102n },
      availableBytes: { value: 6n },
      usageBytes: { value: 101n },
      rssBytes: { value: 103n },
      pageFaults: { value: 112n },
      majorPageFaults: { value: 113n },
      psi: waits(21n),
    },
    swap: {
      timestamp: 7n,
      swapUsageBytes: { value: 110n },
      swapAvailableBytes: { value: 1n },
    },
    io: { timestamp: 7n, psi: waits(31n) },
  });
});

Deno.test("usageMessages() reports what is left of limits", async (t) => {
  // What changes, what is available then, and of swap.
  const cases: readonly (readonly [
    Partial<MemoryUsage>,
    bigint | undefined,
    bigint | undefined,
  ])[] = [
    [{ limit: undefined }, undefined, 1n],
    [{ limit: 100n }, 0n, 1n],
    [{ limit: 102n }, 0n, 1n],
    [{ limit: 103n }, 1n, 1n],
    [{ workingSet: undefined }, 108n, 1n],
    [{ swapLimit: undefined }, 6n, undefined],
    [{ swapLimit: 110n }, 6n, 0n],
    [{ swap: undefined }, 6n, 111n],
  ];
  for (const [changes, available, swap] of cases) {
    const name = Object.entries(changes).flat().join(" ");
    await t.step(name, () => {
      const told = usageMessages(withMemory(changes));
      assertEquals(told.memory.availableBytes?.value, available);
      assertEquals(told.swap.swapAvailableBytes?.value, swap);
    });
  }
});

Deno.test("networkMessage() takes the first that leads out for the default", () => {
  const traffic = (bytes: bigint, errors: bigint) => ({
    ...{ bytes, errors, packets: 0n, dropped: 0n },
  });
  const interfaces = ["lo", "eth0", "eth1"].map((name) => ({
    ...{ name, received: traffic(1n, 2n), sent: traffic(3n, 4n) },
  }));
  const [eth0, eth1] = ["eth0", "eth1"].map((name) => ({
    name,
    ...{ rxBytes: { value: 1n }, rxErrors: { value: 2n } },
    ...{ txBytes: { value: 3n }, txErrors: { value: 4n } },
  }));
  assertEquals<unknown>(networkMessage(interfaces, 9n), {
    timestamp: 9n,
    defaultInterface: eth0,
    interfaces: [eth0, eth1],
  });
  assertEquals(networkMessage(interfaces.slice(0, 1), 9n), {
    ...{ timestamp: 9n, interfaces: [] },
  });
});

Deno.test("fileSystemMessage() tells bytes, files and when", () => {
  const size = { bytes: 70, inodes: 7 };
  const where = { mountpoint: "/m", timestamp: 9n };
  assertEquals(fileSystemMessage(size, where), {
    ...{ timestamp: 9n, fsId: { mountpoint: "/m" } },
    ...{ usedBytes: { value: 70n }, inodesUsed: { value: 7n } },
  });
});

Deno.test("sumSamples() adds containers up, and leaves limits out", () => {
  assertEquals(sumSamples([]), undefined);
  const other = withMemory({ swap: undefined, rss: 1n });
  const summed = sumSamples([
    SAMPLE,
    { ...other, takenAtNs: 9n, nanoCores: undefined },
    { ...other, takenAtNs: 8n, nanoCores: 2n },
  ]);
  const { cpu, memory, ...rest } = summed?.usage ?? {};
  assertEquals(summed?.takenAtNs, 9n);
  assertEquals(summed?.nanoCores, 7n);
  assertEquals(cpu, {
    ...{ usageNs: 3n * SECOND, userNs: 6n * SECOND, systemNs: 9n * SECOND },
    ...{ periods: undefined, throttledPeriods: undefined },
    ...{ throttledNs: undefined, quotaUs: undefined },
    ...{ periodUs: undefined, shares: undefined },
  });
  assertEquals(memory, {
    ...{ usage: 303n, workingSet: 306n, rss: 105n, cache: 312n },
    ...{ mappedFile: 315n, kernel: 318n, swap: 110n, pageFaults: 336n },
    ...{ majorPageFaults: 339n, failures: 342n, oomKills: 345n },
    ...{ maxUsage: undefined, limit: undefined, swapLimit: undefined },
    reservation: undefined,
  });
  assertEquals(rest, {
    io: { devices: [] },
    hugepages: [],
    processes: { threads: 153n, threadsLimit: undefined, ids: [] },
  });
});

Deno.test("sumSamples() counts nothing where no one counts", () => {
  const usage = { ...USAGE, processes: { ...USAGE.processes } };
  const uncounted = {
    ...SAMPLE,
    nanoCores: undefined,
    usage: { ...usage, processes: { ...usage.processes, threads: undefined } },
  };
  const summed = sumSamples([uncounted, uncounted]);
  assertEquals(summed?.nanoCores, undefined);
  assertEquals(summed?.usage.processes.threads, undefined);
});
