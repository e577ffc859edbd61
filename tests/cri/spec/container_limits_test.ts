import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals, assertThrows } from "@std/assert";
import { LinuxContainerResourcesSchema } from "../../../src/cri/api/api_pb.js";
import {
  limitSettings,
  oomScoreOf,
} from "../../../src/cri/spec/container_limits.ts";
import { makeResources } from "../../../src/image/limits.ts";

type Resources = MessageInitShape<typeof LinuxContainerResourcesSchema>;

function requestOf(resources: Resources) {
  return create(LinuxContainerResourcesSchema, resources);
}

Deno.test("limitSettings() limits what is asked for, and nothing else", async (t) => {
  const pids = { limit: 0 };
  const table: [Resources, unknown][] = [
    [{}, { pids }],
    [
      {
        cpuPeriod: 100000n,
        cpuQuota: 50000n,
        cpuShares: 2n,
        cpusetCpus: "0-1,3",
        cpusetMems: "0",
      },
      {
        cpu: {
          shares: 2,
          quota: 50000,
          period: 100000,
          cpus: "0-1,3",
          mems: "0",
        },
        pids,
      },
    ],
    [
      { cpuQuota: -1n, cpuShares: -1n, memoryLimitInBytes: -1n },
      { cpu: { quota: -1 }, memory: { limit: -1, swap: -1 }, pids },
    ],
    [
      { memoryLimitInBytes: 9223372036854771712n },
      { memory: { limit: -1, swap: -1 }, pids },
    ],
    [{ memoryLimitInBytes: 64n }, { memory: { limit: 64, swap: 64 }, pids }],
    [
      { memoryLimitInBytes: -1n, memorySwapLimitInBytes: 80n },
      { memory: { limit: -1, swap: -1 }, pids },
    ],
    [{ memorySwapLimitInBytes: 80n }, { pids }],
    [
      { memoryLimitInBytes: 64n, memorySwapLimitInBytes: 2n ** 53n },
      { memory: { limit: 64 }, pids },
    ],
    [
      { cpuShares: 2n ** 53n, cpuPeriod: 2n ** 53n, cpuQuota: 2n ** 53n },
      { cpu: { quota: -1 }, pids },
    ],
    [
      { memoryLimitInBytes: 2n ** 53n - 1n, cpuShares: 2n ** 53n - 1n },
      {
        cpu: { shares: 2 ** 53 - 1 },
        memory: { limit: 2 ** 53 - 1, swap: 2 ** 53 - 1 },
        pids,
      },
    ],
    [
      { memoryLimitInBytes: 64n, memorySwapLimitInBytes: 80n },
      { memory: { limit: 64, swap: 80 }, pids },
    ],
    [
      { memoryLimitInBytes: 64n, memorySwapLimitInBytes: -1n },
      { memory: { limit: 64 }, pids },
    ],
    [
      {
        hugepageLimits: [{ pageSize: "2MB", limit: 0n }],
        unified: { "memory.high": "5" },
      },
      {
        hugepageLimits: [{ pageSize: "2MB", limit: 0n }],
        unified: { "memory.high": "5" },
        pids,
      },
    ],
  ];
  for (const [resources, expected] of table) {
    await t.step(Deno.inspect(resources), () => {
      assertEquals(
        makeResources(limitSettings(requestOf(resources))),
        expected,
      );
    });
  }
});

Deno.test("limitSettings() refuses contradictory requests", async (t) => {
  const table: [Resources, string][] = [
    [{ cpusetCpus: "0; rm" }, 'Cannot use CPUs "0; rm"'],
    [{ cpusetMems: "a" }, "Cannot use nodes of memory"],
    [
      { hugepageLimits: [{ pageSize: "../2MB", limit: 1n }] },
      "Cannot limit huge pages",
    ],
  ];
  for (const [resources, message] of table) {
    await t.step(message, () => {
      assertThrows(
        () => limitSettings(requestOf(resources)),
        TypeError,
        message,
      );
    });
  }
});

Deno.test("oomScoreOf() takes the kernel's numbers", () => {
  const scoreOf = (oomScoreAdj: bigint) => oomScoreOf({ oomScoreAdj });
  assertEquals([-1000n, 0n, 1000n].map(scoreOf), [-1000, 0, 1000]);
  for (const score of [-1001n, 1001n, 1n << 62n]) {
    assertThrows(() => scoreOf(score), TypeError, "it is from -1000 to 1000");
  }
});
