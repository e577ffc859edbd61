import { create } from "@bufbuild/protobuf";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ContainerMetadataSchema,
  ContainerState,
  ContainerStatsFilterSchema,
  ContainerStatsRequestSchema,
  ListContainerStatsRequestSchema,
  ListPodSandboxStatsRequestSchema,
  PodSandboxStatsFilterSchema,
  PodSandboxStatsRequestSchema,
  StreamContainerStatsRequestSchema,
  StreamPodSandboxStatsRequestSchema,
} from "../../../src/cri/api/api_pb.js";
import {
  containerStats,
  listContainerStats,
  streamContainerStats,
} from "../../../src/cri/stats/container_stats.ts";
import {
  listPodSandboxStats,
  podSandboxStats,
  streamPodSandboxStats,
} from "../../../src/cri/stats/pod_stats.ts";
import {
  fileSystemMessage,
  networkMessage,
  usageMessages,
} from "../../../src/cri/stats/usage_messages.ts";
import { sumSamples } from "../../../src/cri/stats/sum_samples.ts";
import {
  ContainerNotFoundError,
  InvalidSandboxIdError,
} from "../../../src/errors/not_found_errors.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { USAGE } from "../../support/nodes/cgroup_usage.ts";
import { criContext, makePodReady } from "../../support/nodes/cri_context.ts";
import {
  type KnownStats,
  knownStats,
} from "../../support/nodes/known_stats.ts";
import { podOptions } from "../../support/test_runtime.ts";

const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_RUNNING } =
  ContainerState;

/** A sample that was taken at a time. */
function sampleAt(takenAtNs: bigint) {
  return { path: "/a", takenAtNs, nanoCores: 5n, usage: USAGE };
}

/** A ready pod with containers in all states, and another that is not ready. */
async function makeNode() {
  const node = await criContext();
  await makePodReady(node, {
    labels: { app: "web" },
    annotations: { note: "a" },
  });
  const ids = {
    running: await node.make("running", {
      ...{ state: CONTAINER_RUNNING, labels: { part: "a" } },
    }),
    made: await node.make("made", { state: CONTAINER_CREATED }),
    ended: await node.make("ended", { state: CONTAINER_EXITED }),
  };
  await node.test.runtime.createPodSandbox(
    podOptions({ podName: "other", podId: "other", containerName: "infra" }),
  );
  const { containers } = await node.context.objects.read();
  const layerOf = (id: string) =>
    containers.find((known) => known.id === id)?.record.layer ?? "";
  const withStats = (known: KnownStats) => {
    const stats = knownStats(known);
    return { context: { ...node.context, stats }, asked: stats.asked };
  };
  return {
    ...{ node, ids, layerOf, withStats, call: node.call },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}

Deno.test("statistics of a container have what is measured of it", async (t) => {
  await using place = await makeNode();
  const { node, ids, layerOf, withStats, call } = place;
  const sample = { ...sampleAt(7n), hasNetwork: true };
  const size = { bytes: 70, inodes: 7, takenAtNs: 9n };
  const { context, asked } = withStats({
    containers: { [ids.running]: sample, [ids.ended]: sample },
    layers: { [layerOf(ids.running)]: size, [layerOf(ids.ended)]: size },
  });
  const ask = async (containerId: string) =>
    (await containerStats(
      context,
      create(ContainerStatsRequestSchema, { containerId }),
      call,
    )).stats;
  const attributes = (id: ContainerId, name: string, labels = {}) => ({
    ...{ id, labels, annotations: {} },
    metadata: create(ContainerMetadataSchema, { name }),
  });
  const writableLayer = fileSystemMessage(size, {
    mountpoint: node.test.agent.store.paths.root,
    timestamp: 9n,
  });
  const running = {
    attributes: attributes(ids.running, "running", { part: "a" }),
    ...usageMessages(sample),
    writableLayer,
  };
  await t.step("one that runs", async () => {
    assertEquals(await ask(ids.running), running);
    assertEquals(await ask(ids.running.slice(0, 12)), running);
    assertEquals(asked.slice(0, 2), [
      ["containers", ids.running],
      ["layers", layerOf(ids.running)],
    ]);
  });
  const made = { attributes: attributes(ids.made, "made") };
  await t.step("one that is not measured yet", async () => {
    assertEquals(await ask(ids.made), made);
  });
  await t.step("one that has ended", async () => {
    assertEquals(await ask(ids.ended), {
      ...{ attributes: attributes(ids.ended, "ended"), writableLayer },
    });
  });
  await t.step("one that is not there", async () => {
    await assertRejects(() => ask("none"), ContainerNotFoundError);
  });
  await t.step("all that have not ended, or some", async () => {
    type Filter = Parameters<
      typeof create<typeof ContainerStatsFilterSchema>
    >[1];
    const cases: readonly (readonly [Filter, unknown[]])[] = [
      [{}, [running, made]],
      [{ id: ids.made }, [made]],
      [{ id: ids.ended }, []],
      [{ podSandboxId: "web-pod" }, [running, made]],
      [{ podSandboxId: "other" }, []],
      [{ labelSelector: { part: "a" } }, [running]],
    ];
    const list = async (filter?: Filter) =>
      (await listContainerStats(
        context,
        create(ListContainerStatsRequestSchema, {
          ...filter && { filter: create(ContainerStatsFilterSchema, filter) },
        }),
        call,
      )).stats;
    const sorted = (all: readonly unknown[]) =>
      all.map((one) => Deno.inspect(one)).toSorted();
    for (const [filter, expected] of cases) {
      const stats = await list(filter);
      assertEquals(sorted(stats), sorted(expected), Deno.inspect(filter));
    }
    assertEquals(sorted(await list()), sorted([running, made]));
    const parts = await Array.fromAsync(
      streamContainerStats(
        context,
        create(StreamContainerStatsRequestSchema, {}),
        call,
      ),
    );
    assertEquals(parts, [{ containerStats: await list() }]);
  });
});

Deno.test("statistics of a pod have its group, network and containers", async (t) => {
  await using place = await makeNode();
  const { ids, withStats, call, node } = place;
  const traffic = { bytes: 1n, packets: 2n, errors: 3n, dropped: 4n };
  const interfaces = [{ name: "eth0", received: traffic, sent: traffic }];
  const samples = {
    [ids.running]: { ...sampleAt(7n), hasNetwork: true },
    [ids.made]: { ...sampleAt(8n), hasNetwork: true },
    [ids.ended]: { ...sampleAt(9n), hasNetwork: true },
  };
  const ask = async (known: KnownStats, podSandboxId = "web-pod") =>
    (await podSandboxStats(
      withStats(known).context,
      create(PodSandboxStatsRequestSchema, { podSandboxId }),
      call,
    )).stats;
  const containersOf = async (known: KnownStats) =>
    (await listContainerStats(
      withStats(known).context,
      create(ListContainerStatsRequestSchema, {}),
      call,
    )).stats;
  const attributes = {
    ...{ id: "web-pod", labels: { app: "web" }, annotations: { note: "a" } },
    metadata: {
      $typeName: "runtime.v1.PodSandboxMetadata",
      ...{ name: "web", uid: "uid-web", namespace: "ns", attempt: 0 },
    },
  } as const;
  const sum = sumSamples(Object.values(samples).slice(0, 2));
  assert(sum !== undefined);
  const { swap: _, ...summed } = usageMessages(sum);

  await t.step("the sum of its containers, if it has no group", async () => {
    const known = { containers: samples };
    assertEquals(await ask(known), {
      attributes,
      linux: {
        ...summed,
        process: { timestamp: 8n, processCount: { value: 102n } },
        containers: await containersOf(known),
      },
    });
  });

  await t.step("its network, and the time if nothing is measured", async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    await makePodReady(node, {
      labels: { app: "web" },
      annotations: { note: "a" },
      namespaces: { network: "pod", ipc: "node", pid: "node" },
    });
    const [pod] = (await node.context.objects.read()).pods;
    const network = pod?.sandbox?.namespaces.network ?? "";
    assert(network.endsWith("/web-pod/net"), network);
    const { linux } = await ask({ networks: { [network]: interfaces } });
    const timestamp = linux?.network?.timestamp ?? 0n;
    assert(timestamp >= before);
    assertEquals(linux, {
      network: networkMessage(interfaces, timestamp),
      containers: await containersOf({}),
    });
    const known = { containers: samples, networks: { [network]: interfaces } };
    assertEquals(
      (await ask(known)).linux?.network,
      networkMessage(interfaces, 8n),
    );
  });

  await t.step("its group, where it has one", async () => {
    await makePodReady(node, { cgroupParent: "/pods/uid-web/" });
    const stats = withStats({
      ...{ containers: samples, groups: { "pods/uid-web": sampleAt(20n) } },
    });
    const { stats: { linux } } = await podSandboxStats(
      stats.context,
      create(PodSandboxStatsRequestSchema, { podSandboxId: "web-pod" }),
      call,
    );
    const groups = stats.asked.filter(([what]) => what === "groups");
    assertEquals(groups, [["groups", "/pods/uid-web"]]);
    assertEquals(linux?.cpu?.timestamp, 8n);
    const { swap: _, ...usage } = usageMessages(sampleAt(20n));
    const grouped = await ask({ groups: { "/pods/uid-web": sampleAt(20n) } });
    assertEquals(grouped.linux, {
      ...usage,
      process: { timestamp: 20n, processCount: { value: 51n } },
      containers: await containersOf({}),
    });
  });

  await t.step("one that is not there", async () => {
    await assertRejects(() => ask({}, "none"), InvalidSandboxIdError);
  });

  await t.step("all that are ready, or some", async () => {
    await makePodReady(node, { labels: { app: "web" } });
    const list = async (filter?: { id?: string; labelSelector?: object }) => {
      const { stats } = await listPodSandboxStats(
        withStats({}).context,
        create(ListPodSandboxStatsRequestSchema, {
          ...filter && {
            filter: create(PodSandboxStatsFilterSchema, {
              id: filter.id ?? "",
              labelSelector: { ...filter.labelSelector },
            }),
          },
        }),
        call,
      );
      return stats.map(({ attributes }) => attributes?.id);
    };
    assertEquals(await list(), ["web-pod"]);
    assertEquals(await list({ id: "web" }), ["web-pod"]);
    assertEquals(await list({ id: "other" }), []);
    assertEquals(await list({ labelSelector: { app: "web" } }), ["web-pod"]);
    assertEquals(await list({ labelSelector: { app: "b" } }), []);
    const parts = await Array.fromAsync(streamPodSandboxStats(
      withStats({}).context,
      create(StreamPodSandboxStatsRequestSchema, {}),
      call,
    ));
    assertEquals(
      parts.map(({ podSandboxStats }) =>
        podSandboxStats.map(({ attributes }) => attributes?.id)
      ),
      [["web-pod"]],
    );
    // One that no kubelet made is asked for by its ID.
    const { attributes, linux } = await ask({}, "other");
    assertEquals(attributes?.id, "other");
    assertEquals(linux, { containers: [] });
  });
});
