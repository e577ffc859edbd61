import { assertEquals } from "@std/assert";
import { podCgroupOf } from "../../../src/cri/stats/pod_cgroup.ts";
import { sumSamples } from "../../../src/cri/stats/sum_samples.ts";
import type { Sandbox } from "../../../src/engine/sandboxes/sandbox.ts";
import { readCgroupUsage } from "../../../src/formats/kernel/read_cgroup.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";

function sandboxOf(cgroupParent: string | undefined, uid: string): Sandbox {
  return {
    id: parseContainerId("a".repeat(64)),
    state: "ready",
    createdAtNs: 0n,
    request: {
      podName: "web",
      metadata: { name: "web", uid, namespace: "default", attempt: 0 },
      hostname: "web",
      ports: [],
      namespaces: { network: "pod", ipc: "pod", pid: "container" },
      sysctls: {},
      cgroupParent,
      labels: {},
      annotations: {},
      runtimeHandler: "",
    },
    namespaces: {},
    ips: [],
    shmDirectory: "/shm",
    files: { resolvConf: "/r", hostname: "/n", hosts: "/h" },
  };
}

Deno.test("podCgroupOf() takes only a pod's own for one", async (t) => {
  const table: [string | undefined, string, readonly string[]][] = [
    ["/kubepods/burstable/podu-1", "u-1", ["/kubepods/burstable/podu-1"]],
    ["kubepods/podu-1/", "u-1", ["/kubepods/podu-1"]],
    [
      "kubepods-podu_1.slice",
      "u-1",
      ["/kubepods.slice/kubepods-podu_1.slice"],
    ],
    ["/shared", "u-1", []],
    ["/podu-1/shared", "u-1", []],
    ["/shared", "", []],
    [undefined, "u-1", []],
  ];
  for (const [parent, uid, expected] of table) {
    await t.step(`${parent}`, () => {
      assertEquals(podCgroupOf({ sandbox: sandboxOf(parent, uid) }), expected);
    });
  }
  assertEquals(podCgroupOf({ sandbox: undefined }), []);
});

Deno.test("sumSamples() adds what is counted", () => {
  const sample = (usec: number, takenAtNs: bigint, nanoCores?: bigint) => {
    const usage = readCgroupUsage(
      { version: 2, directory: "/cg", unified: undefined },
      "/a",
      new Map([
        ["/cg/a/cpu.stat", `usage_usec ${usec}`],
        ["/cg/a/memory.current", "10"],
      ]),
    );
    if (usage === undefined) throw new Error("unread");
    return { path: "/a", takenAtNs, usage, nanoCores };
  };
  const sum = sumSamples([sample(1, 5n, 7n), sample(2, 9n), sample(3, 6n, 1n)]);
  assertEquals([sum?.takenAtNs, sum?.nanoCores], [9n, 8n]);
  assertEquals(sum?.usage.cpu.usageNs, 6000n);
  assertEquals(sum?.usage.memory.usage, 30n);
  assertEquals(sum?.usage.memory.swap, undefined);
  assertEquals(sumSamples([]), undefined);
});
