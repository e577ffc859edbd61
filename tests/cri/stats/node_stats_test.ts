import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type ContainerStats,
  type PodSandboxMetrics,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { NODE_NEEDS } from "../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../support/nodes/node_here.ts";
import { StatusError } from "../../support/grpc_client.ts";
import { until } from "../../support/until.ts";

const { method } = RuntimeService;
const BUSY = "dd if=/dev/zero of=/file bs=1024 count=300; " +
  "ping -c 3 -q 127.0.0.1 >/dev/null; while :; do :; done";
/** What kubelets had from cAdvisor, but for disks, which not all machines count. */
const NAMES = [
  ...["cpu_cfs_periods_total", "cpu_system_seconds_total", "fs_inodes_free"],
  ...["cpu_usage_seconds_total", "cpu_user_seconds_total", "file_descriptors"],
  ...["fs_inodes_total", "fs_limit_bytes", "fs_usage_bytes", "last_seen"],
  ...["memory_cache", "memory_failcnt", "memory_failures_total", "memory_rss"],
  ...["memory_kernel_usage", "memory_mapped_file", "memory_max_usage_bytes"],
  ...["memory_swap", "memory_usage_bytes", "memory_working_set_bytes"],
  ...["network_receive_bytes_total", "network_receive_errors_total"],
  ...["network_receive_packets_dropped_total", "oom_events_total"],
  ...["network_receive_packets_total", "network_transmit_bytes_total"],
  ...["network_transmit_packets_dropped_total", "processes", "sockets"],
  ...["network_transmit_errors_total", "network_transmit_packets_total"],
  ...["spec_cpu_period", "spec_cpu_shares", "spec_memory_limit_bytes"],
  ...["spec_memory_swap_limit_bytes", "start_time_seconds", "threads"],
  ...["threads_max", "ulimits_soft"],
].map((name) => `container_${name}`);

Deno.test(
  "RuntimeService reports what pods and containers use",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client } = node;
    const pod = await node.runPod("busy");
    const empty = await node.runPod("empty", { labels: { app: "other" } });
    const busy = await node.create(pod, "app", {
      script: BUSY,
      changes: {
        linux: {
          resources: {
            cpuPeriod: 100_000n,
            cpuQuota: 20_000n,
            memoryLimitInBytes: 64n << 20n,
          },
        },
      },
    });
    await node.start(busy);
    const made = await node.create(pod, "made");
    const ended = await node.create(pod, "ended", { script: "true" });
    await node.start(ended);
    await node.waitFor(ended, 2);
    const statsOf = async (containerId: string) =>
      (await client.call(method.containerStats, { containerId })).stats;

    await t.step("a container's, of which two make a rate", async () => {
      const before = await statsOf(busy);
      let stats = before;
      const nanoCoresNow = () => stats?.cpu?.usageNanoCores?.value ?? 0n;
      // First it waits, for ping; and others may keep the processors busy.
      await until(async () => {
        stats = await statsOf(busy);
        return nanoCoresNow() > 50_000_000n;
      });
      assertEquals(stats?.attributes?.metadata?.name, "app");
      assertEquals(stats?.attributes?.labels, { part: "app" });
      const { cpu, memory, writableLayer } = stats ?? {};
      const usage = ({ cpu }: Pick<ContainerStats, "cpu">) =>
        cpu?.usageCoreNanoSeconds?.value ?? 0n;
      assert(before && stats && usage(stats) > usage(before));
      const nanoCores = nanoCoresNow();
      assert(
        nanoCores > 50_000_000n && nanoCores < 400_000_000n,
        `${nanoCores}`,
      );
      const workingSet = memory?.workingSetBytes?.value ?? 0n;
      assert(workingSet > 0n);
      assertEquals(memory?.availableBytes?.value, (64n << 20n) - workingSet);
      assertEquals(writableLayer?.fsId?.mountpoint, node.dir.join("root"));
      assert((writableLayer?.usedBytes?.value ?? 0n) >= 300n << 10n);
      assert((writableLayer?.inodesUsed?.value ?? 0n) >= 2n);
      const some = cpu?.psi?.Some;
      // Its limit makes it wait; where version 2 is mounted, the kernel tells.
      assertEquals(some !== undefined, await hasPressure());
      assert(some === undefined || some.Total > 0n);
    });

    await t.step(
      "those that have not ended, as they are asked for",
      async () => {
        const list = async (filter?: object) => {
          const { stats } = await client.call(method.listContainerStats, {
            ...filter && { filter },
          });
          return stats.map(({ attributes }) => attributes?.id);
        };
        assertEquals((await list()).toSorted(), [busy, made].toSorted());
        assertEquals(await list({ labelSelector: { part: "app" } }), [busy]);
        assertEquals(await list({ labelSelector: { part: "none" } }), []);
        assertEquals(await list({ podSandboxId: empty }), []);
        assertEquals(await list({ id: made }), [made]);
        const streamed = [];
        for await (
          const part of client.stream(method.streamContainerStats, {})
        ) {
          streamed.push(...part.containerStats);
        }
        assertEquals(streamed.length, 2);
        assertEquals((await statsOf(ended))?.cpu, undefined);
        await assertRejects(
          () => statsOf("f".repeat(64)),
          StatusError,
          "no cont",
        );
      },
    );

    await t.step("a pod's", async () => {
      const { stats } = await client.call(method.podSandboxStats, {
        podSandboxId: pod,
      });
      assertEquals(stats?.attributes?.metadata?.name, "busy");
      const { cpu, memory, network, process, containers } = stats?.linux ?? {};
      assert((cpu?.usageCoreNanoSeconds?.value ?? 0n) > 0n);
      assert((memory?.workingSetBytes?.value ?? 0n) > 0n);
      assertEquals(network?.defaultInterface?.name, "eth0");
      assert((process?.processCount?.value ?? 0n) >= 1n);
      assertEquals(
        containers?.map(({ attributes }) => attributes?.id).toSorted(),
        [busy, made].toSorted(),
      );
      const list = async (filter?: object) => {
        const { stats } = await client.call(method.listPodSandboxStats, {
          ...filter && { filter },
        });
        return stats.map(({ attributes }) => attributes?.id);
      };
      assertEquals((await list()).toSorted(), [pod, empty].toSorted());
      assertEquals(await list({ labelSelector: { app: "other" } }), [empty]);
      const streamed = [];
      for await (
        const part of client.stream(method.streamPodSandboxStats, {})
      ) {
        streamed.push(...part.podSandboxStats);
      }
      assertEquals(streamed.length, 2);
    });

    await t.step("and metrics of all of them", async () => {
      const { descriptors } = await client.call(
        method.listMetricDescriptors,
        {},
      );
      const labelsOf = new Map(descriptors.map(({ name, help, labelKeys }) => {
        assert(help !== "", name);
        return [name, labelKeys];
      }));
      assertEquals(labelsOf.size, 56);
      const { podMetrics } = await client.call(
        method.listPodSandboxMetrics,
        {},
      );
      const found = podMetrics.find(({ podSandboxId }) => podSandboxId === pod);
      assert(found);
      const metrics = allOf(found);
      for (const { name, labelValues } of metrics) {
        assertEquals(labelValues.length, labelsOf.get(name)?.length, name);
      }
      const names = new Set(metrics.map(({ name }) => name));
      assertEquals(NAMES.filter((name) => !names.has(name)), []);
      assertEquals(
        [...names].filter((name) => !labelsOf.has(name)),
        [],
      );
      const valueOf = (wanted: string) =>
        metrics.find(({ name }) => name === wanted)?.value?.value;
      assertEquals(valueOf("container_spec_memory_limit_bytes"), 64n << 20n);
      assertEquals(valueOf("container_spec_cpu_quota"), 20_000n);
      const { stdout } = await new Deno.Command("findmnt", {
        args: ["-nvo", "SOURCE", "--target", node.dir.join("root")],
      }).output();
      const disk = metrics.find(({ name }) =>
        name === "container_fs_limit_bytes"
      );
      assertEquals(
        disk?.labelValues.at(-1),
        new TextDecoder().decode(stdout).trim(),
      );
      assert((valueOf("container_file_descriptors") ?? 0n) > 0n);
      assert((valueOf("container_network_receive_packets_total") ?? -1n) >= 0n);
      const [cpu] = metrics.filter(({ name }) =>
        name === "container_cpu_usage_seconds_total"
      );
      const [container, , image, , namespace, podName] = cpu?.labelValues ?? [];
      assertEquals([container, namespace, podName], ["app", "tests", "busy"]);
      assertEquals(image, "localhost/busybox:1");
      const streamed = [];
      for await (
        const part of client.stream(method.streamPodSandboxMetrics, {})
      ) {
        streamed.push(...part.podSandboxMetrics);
      }
      assertEquals(streamed.length, 2);
    });
  },
);

/** Asks a program, as Deno opens such files only to who may do everything. */
async function hasPressure(): Promise<boolean> {
  const script = "test -e /proc/pressure/cpu && " +
    '{ test -e "$1/cgroup.controllers" || test -e "$1/unified/cgroup.controllers"; }';
  const args = ["-c", script, "sh", "/sys/fs/cgroup"];
  return (await new Deno.Command("sh", { args }).output()).success;
}

function allOf({ metrics, containerMetrics }: PodSandboxMetrics) {
  return [
    ...metrics,
    ...containerMetrics.flatMap(({ metrics }) => metrics),
  ];
}
