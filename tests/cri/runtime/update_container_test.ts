import { assertEquals, assertRejects } from "@std/assert";
import { toJson } from "@bufbuild/protobuf";
import {
  ContainerResourcesSchema,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { StatusError } from "../../support/grpc_client.ts";
import { NODE_NEEDS } from "../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../support/nodes/node_here.ts";

const { method } = RuntimeService;

Deno.test(
  "UpdatePodSandboxResources is noted, and known to the next daemon",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const podSandboxId = await node.runPod("web");
    const update = async (changes: Record<string, { cpuShares: bigint }>) => {
      const request = { podSandboxId, ...changes };
      await node.client.call(method.updatePodSandboxResources, request);
    };
    const look = async () => {
      const { info } = await node.client.call(method.podSandboxStatus, {
        ...{ podSandboxId, verbose: true },
      });
      return JSON.parse(info["info"] ?? "").updated;
    };
    assertEquals(await look(), undefined);
    await update({ resources: { cpuShares: 512n } });
    await update({ overhead: { cpuShares: 2n } });
    await update({ resources: { cpuShares: 256n } });
    const expected = {
      resources: { cpuShares: "256" },
      overhead: { cpuShares: "2" },
    };
    assertEquals(await look(), expected);
    await node.restart();
    assertEquals(await look(), expected);
    assertEquals(await node.runPod("web"), podSandboxId); // a request again
    const gone = "0".repeat(64);
    const request = { podSandboxId: gone };
    const error = await assertRejects(
      () => node.client.call(method.updatePodSandboxResources, request),
      StatusError,
    );
    assertEquals(error.code, 5);
  },
);

Deno.test(
  "UpdateContainerResources gives limits, and takes them away",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client } = node;
    const containerId = await node.create(await node.runPod("web"), "app");
    await node.start(containerId);
    const limits = async () => {
      await new Promise((resolve) => setTimeout(resolve, 2100)); // kept so long
      const { podMetrics } = await client.call(
        method.listPodSandboxMetrics,
        {},
      );
      const all = podMetrics.flatMap(({ containerMetrics }) =>
        containerMetrics.flatMap(({ metrics }) => metrics)
      );
      const valueOf = (wanted: string) =>
        all.find(({ name }) => name === `container_spec_${wanted}`)?.value
          ?.value;
      return [valueOf("cpu_quota"), valueOf("memory_limit_bytes")];
    };
    const told = {};
    const table = [
      ["some", { cpuQuota: 50_000n, memoryLimitInBytes: 64n << 20n }, [
        50_000n,
        64n << 20n,
      ], { cpuQuota: "50000", memoryLimitInBytes: `${64 << 20}` }],
      ["others stay", { cpuShares: 512n }, [50_000n, 64n << 20n], {
        cpuShares: "512",
      }],
      [
        "huge pages of none",
        {
          hugepageLimits: [{ pageSize: "2MB", limit: 0n }],
        },
        [50_000n, 64n << 20n],
        { hugepageLimits: [{ pageSize: "2MB" }] },
      ],
      ["none", { cpuQuota: -1n, memoryLimitInBytes: -1n }, [undefined, 0n], {
        ...{ cpuQuota: "-1", memoryLimitInBytes: "-1" },
      }],
    ] as const;
    for (const [name, linux, expected, shown] of table) {
      await t.step(name, async () => {
        const change = "hugepageLimits" in linux
          ? { hugepageLimits: [...linux.hugepageLimits] }
          : linux;
        await client.call(method.updateContainerResources, {
          containerId,
          linux: change,
        });
        assertEquals(await limits(), [...expected]);
        Object.assign(told, shown);
        const { resources } = await node.status(containerId);
        assertEquals(
          resources && toJson(ContainerResourcesSchema, resources),
          { linux: told },
        );
      });
    }
  },
);
