import { assertEquals } from "@std/assert";
import {
  makeResources,
  makeRlimits,
  type ResourceLimits,
  type Ulimit,
} from "../../src/image/limits.ts";

Deno.test("makeResources() writes what is limited, and nothing else", async (t) => {
  const pids = { limit: 2048 };
  const table: [ResourceLimits, unknown][] = [
    [{}, { pids }],
    [{ pids: 0 }, { pids: { limit: 0 } }],
    [{ memory: 64 }, { memory: { limit: 64, swap: 128 }, pids }],
    [
      { memory: 64, memorySwap: 80 },
      { memory: { limit: 64, swap: 80 }, pids },
    ],
    [
      { memory: 64, memorySwap: "unlimited" },
      { memory: { limit: 64 }, pids },
    ],
    [{ memoryReservation: 3 }, { memory: { reservation: 3 }, pids }],
    [{ memorySwappiness: 0 }, { memory: { swappiness: 0 }, pids }],
    [{ oomKillDisabled: true }, { memory: { disableOOMKiller: true }, pids }],
    [{ oomKillDisabled: false }, { pids }],
    [
      { cpuQuota: 5000, cpuPeriod: 10000, cpusetCpus: "0" },
      { cpu: { quota: 5000, period: 10000, cpus: "0" }, pids },
    ],
    [
      { cpuShares: 2, cpusetMems: "0-1" },
      { cpu: { shares: 2, mems: "0-1" }, pids },
    ],
    [
      { hugepages: [{ pageSize: "2MB", limit: 4n }], unified: {} },
      { hugepageLimits: [{ pageSize: "2MB", limit: 4n }], pids },
    ],
    [{ hugepages: [], unified: { "a.b": "c" } }, {
      unified: { "a.b": "c" },
      pids,
    }],
  ];
  for (const [limits, expected] of table) {
    await t.step(Deno.inspect(limits), () => {
      assertEquals(makeResources(limits), expected);
    });
  }
});

Deno.test("makeRlimits() goes as far as orlop itself may, as a default", () => {
  const own = (type: string) =>
    type === "nofile" ? { soft: 1000n, hard: 2n ** 30n } : undefined;
  const nofile = { type: "RLIMIT_NOFILE", soft: 1000n, hard: 1048576n };
  assertEquals(makeRlimits([], own), [nofile]);
  assertEquals(makeRlimits([], () => undefined), []);
  assertEquals(makeRlimits("own", own), []);
});

Deno.test("makeRlimits() takes the last limit of each type", () => {
  const limit = (type: string, soft: bigint): Ulimit => ({
    type,
    soft,
    hard: soft,
  });
  const given = [limit("core", 1n), limit("nofile", 9n), limit("core", 2n)];
  const own = () => ({ soft: 5n, hard: 5n });
  assertEquals(makeRlimits(given, own), [
    { type: "RLIMIT_NOFILE", soft: 9n, hard: 9n },
    { type: "RLIMIT_NPROC", soft: 5n, hard: 5n },
    { type: "RLIMIT_CORE", soft: 2n, hard: 2n },
  ]);
});
