import { assert, assertEquals } from "@std/assert";
import { statfsSync } from "node:fs";
import { ContainerState, MetricType } from "../../../src/cri/api/api_pb.js";
import {
  listMetricDescriptors,
  listPodSandboxMetrics,
  type PodMetricsInit,
  streamPodSandboxMetrics,
} from "../../../src/cri/metrics/pod_metrics.ts";
import { USAGE } from "../../support/nodes/cgroup_usage.ts";
import { criContext, makePodReady } from "../../support/nodes/cri_context.ts";
import { knownStats } from "../../support/nodes/known_stats.ts";
import { APP } from "../../support/test_runtime.ts";

const { CONTAINER_EXITED, CONTAINER_RUNNING } = ContainerState;
const COMMON = ["container", "id", "image", "name", "namespace", "pod"];

Deno.test("listMetricDescriptors() tells labels of each metric, the common ones first", () => {
  const { descriptors = [] } = listMetricDescriptors();
  const own = descriptors.map(({ name = "", help = "", labelKeys = [] }) => {
    assert(name.startsWith("container_") && help.endsWith("."), name);
    assertEquals(labelKeys.slice(0, 6), COMMON, name);
    return [name.replace("container_", ""), labelKeys.slice(6).join()] as const;
  });
  assertEquals(own.length, 56);
  assertEquals(own.filter(([, labels]) => labels !== ""), [
    ["cpu_usage_seconds_total", "cpu"],
    ["ulimits_soft", "ulimit"],
    ["memory_failures_total", "failure_type,scope"],
    ["blkio_device_usage_total", "device,major,minor,operation"],
    ["fs_inodes_free", "device"],
    ["fs_inodes_total", "device"],
    ["fs_limit_bytes", "device"],
    ["fs_usage_bytes", "device"],
    ["fs_reads_bytes_total", "device"],
    ["fs_reads_total", "device"],
    ["fs_writes_bytes_total", "device"],
    ["fs_writes_total", "device"],
    ["hugetlb_max_usage_bytes", "pagesize"],
    ["hugetlb_usage_bytes", "pagesize"],
    ["network_receive_bytes_total", "interface"],
    ["network_receive_errors_total", "interface"],
    ["network_receive_packets_dropped_total", "interface"],
    ["network_receive_packets_total", "interface"],
    ["network_transmit_bytes_total", "interface"],
    ["network_transmit_errors_total", "interface"],
    ["network_transmit_packets_dropped_total", "interface"],
    ["network_transmit_packets_total", "interface"],
  ]);
});

Deno.test("listPodSandboxMetrics() reports pods, and of what runs in them", async (t) => {
  await using node = await criContext();
  const { call, test: { agent } } = node;
  const namespaces = { network: "pod", ipc: "node", pid: "node" } as const;
  await makePodReady(node, { namespaces });
  const running = await node.make("running", { state: CONTAINER_RUNNING });
  const unmeasured = await node.make("new", { state: CONTAINER_RUNNING });
  const ended = await node.make("ended", { state: CONTAINER_EXITED });
  const { pods: [pod], containers } = await node.context.objects.read();
  const network = pod?.sandbox?.namespaces.network ?? "";
  const layer = containers.find(({ id }) => id === running)?.record.layer ?? "";
  const processes = { ...USAGE.processes, ids: [Deno.pid] };
  const sample = {
    ...{ path: "/group", takenAtNs: 61_900_000_000n, nanoCores: 5n },
    ...{ usage: { ...USAGE, processes }, hasNetwork: true },
  };
  const traffic = { bytes: 10n, packets: 11n, errors: 12n, dropped: 13n };
  const stats = knownStats({
    containers: { [running]: sample, [ended]: sample },
    networks: {
      [network]: [{ name: "eth0", received: traffic, sent: traffic }],
    },
    layers: { [layer]: { bytes: 70, inodes: 7, takenAtNs: 1n } },
  });
  const context = { ...node.context, stats };
  const before = BigInt(Date.now()) * 1_000_000n;
  const { podMetrics } = await listPodSandboxMetrics(context, {}, call);
  const [told] = podMetrics;

  await t.step("a pod, with its network", () => {
    assertEquals(podMetrics.map(({ podSandboxId }) => podSandboxId), [
      "web-pod",
    ]);
    assertEquals(show(told?.metrics), [
      "network_receive_bytes_total{eth0} 10",
      "network_receive_errors_total{eth0} 12",
      "network_receive_packets_dropped_total{eth0} 13",
      "network_receive_packets_total{eth0} 11",
      "network_transmit_bytes_total{eth0} 10",
      "network_transmit_errors_total{eth0} 12",
      "network_transmit_packets_dropped_total{eth0} 13",
      "network_transmit_packets_total{eth0} 11",
    ]);
    for (
      const { labelValues, timestamp = 0n, metricType } of told?.metrics ?? []
    ) {
      assertEquals(labelValues?.slice(0, 6), [
        ...["", "web-pod", "", "web-infra", "", "web"],
      ]);
      assertEquals(metricType, MetricType.COUNTER);
      assert(timestamp >= before);
    }
  });

  await t.step("a container that runs, and is measured", () => {
    const { containerMetrics = [] } = told ?? {};
    assertEquals(
      containerMetrics.map(({ containerId }) => containerId),
      [running],
    );
    const [{ metrics = [] } = {}] = containerMetrics;
    for (const { labelValues, timestamp } of metrics) {
      assertEquals(labelValues?.slice(0, 6), [
        ...["running", "/group", APP, "running", "", "web"],
      ]);
      assertEquals(timestamp, sample.takenAtNs);
    }
    const shown = show(metrics);
    for (
      const line of [
        "cpu_usage_seconds_total{total} 1",
        "last_seen{} 61",
        "start_time_seconds{} 0",
        "fs_usage_bytes{} 70",
        "memory_rss{} 103",
      ]
    ) assert(shown.includes(line), line);
    const valueOf = (name: string) =>
      Number(shown.find((line) => line.startsWith(`${name}{`))?.split(" ")[1]);
    const { bsize, blocks, files } = statfsSync(agent.store.paths.root);
    assertEquals(valueOf("fs_limit_bytes"), bsize * blocks);
    assertEquals(valueOf("fs_inodes_total"), files);
    assert(valueOf("fs_inodes_free") <= files);
    assert(valueOf("file_descriptors") > 0);
    assert(valueOf("ulimits_soft") > 0);
    assertEquals(valueOf("processes"), 1);
  });

  await t.step("what was asked for", () => {
    assertEquals(stats.asked.map(([what, ...names]) => [what, names.length]), [
      ...[["containers", 2], ["layers", 2], ["networks", 1]],
    ]);
    assertEquals(
      stats.asked[0]?.slice(1).toSorted(),
      [running, unmeasured].toSorted(),
    );
  });

  await t.step("in parts", async () => {
    const parts = await Array.fromAsync(
      streamPodSandboxMetrics(context, {}, call),
    );
    const ids = parts.map(({ podSandboxMetrics }) =>
      podSandboxMetrics.map(({ podSandboxId }) => podSandboxId)
    );
    assertEquals(ids, [["web-pod"]]);
  });
});

/** Metrics by name, with the labels that are their own. */
function show(metrics: PodMetricsInit["metrics"] = []): readonly string[] {
  return metrics.map(({ name = "", labelValues = [], value }) =>
    `${name.replace("container_", "")}{${labelValues.slice(6)}} ${value?.value}`
  );
}
