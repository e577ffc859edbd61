/** Metrics of all pods: CRI's ListMetricDescriptors and ListPodSandboxMetrics. */

import { statfsSync } from "node:fs";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Interfaces } from "../../engine/stats/network_reader.ts";
import { mountOf } from "../spec/host_paths.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type {
  ListMetricDescriptorsResponseSchema,
  MetricSchema,
  PodSandboxMetricsSchema,
} from "../api/api_pb.js";
import type { CallContext } from "../grpc/service_methods.ts";
import { statusOf } from "../runtime/containers/container_messages.ts";
import { isRunning } from "../runtime/containers/list_containers.ts";
import type { RuntimeContext } from "../runtime/runtime_context.ts";
import { inParts } from "../runtime/state/in_parts.ts";
import {
  type KnownContainer,
  type KnownPod,
  membersOf,
} from "../runtime/state/known_objects.ts";
import { nowNs } from "../runtime/state/nanoseconds.ts";
import { networkOf } from "../stats/pod_stats.ts";
import {
  CPU_METRICS,
  PRESSURE_METRICS,
  PROCESS_METRICS,
} from "./cpu_metrics.ts";
import { MEMORY_METRICS } from "./memory_metrics.ts";
import {
  COMMON_LABELS,
  type ContainerFacts,
  type DiskFacts,
  type MetricDefinition,
} from "./metric.ts";
import { NETWORK_METRICS } from "./network_metrics.ts";
import { readOpenFiles } from "./open_files.ts";
import { STORAGE_METRICS } from "./storage_metrics.ts";

/** A pod's metrics, as they are answered. */
export type PodMetricsInit = Exclude<
  MessageInitShape<typeof PodSandboxMetricsSchema>,
  { readonly $typeName: string }
>;
type MetricInit = MessageInitShape<typeof MetricSchema>;

const CONTAINER_METRICS: readonly MetricDefinition<ContainerFacts>[] = [
  ...CPU_METRICS,
  ...PRESSURE_METRICS,
  ...PROCESS_METRICS,
  ...MEMORY_METRICS,
  ...STORAGE_METRICS,
];

/** Describes all metrics, for the kubelet. */
export function listMetricDescriptors(): MessageInitShape<
  typeof ListMetricDescriptorsResponseSchema
> {
  const all = [...CONTAINER_METRICS, ...NETWORK_METRICS];
  return {
    descriptors: all.map(({ name, help, labels }) => ({
      name,
      help,
      labelKeys: [...COMMON_LABELS, ...labels],
    })),
  };
}

/** Lists the metrics of all pods, and of their containers that run. */
export async function listPodSandboxMetrics(
  context: RuntimeContext,
  _request: unknown,
  call: CallContext,
): Promise<{ podMetrics: PodMetricsInit[] }> {
  return { podMetrics: await list(context, call) };
}

/** Lists as `listPodSandboxMetrics()` does, a part at a time. */
export async function* streamPodSandboxMetrics(
  context: RuntimeContext,
  _request: unknown,
  call: CallContext,
): AsyncGenerator<{ podSandboxMetrics: PodMetricsInit[] }> {
  const all = await list(context, call);
  for (const part of inParts(all)) yield { podSandboxMetrics: part };
}

async function list(
  context: RuntimeContext,
  call: Pick<CallContext, "signal">,
): Promise<PodMetricsInit[]> {
  const { objects, unmanaged, stats } = context;
  const snapshot = await objects.read(call);
  const running = snapshot.containers.filter((known) =>
    isRunning(statusOf(known, unmanaged))
  );
  const facts = await readFacts(context, running, call);
  const networks = await stats.networks.get(
    snapshot.pods.flatMap(networkOf),
    call,
  );
  return snapshot.pods.map((pod) => {
    const [network = ""] = networkOf(pod);
    return {
      podSandboxId: pod.id,
      metrics: podMetrics(pod, networks.get(network) ?? []),
      containerMetrics: membersOf(snapshot, pod.id).flatMap((known) => {
        const found = facts.get(known.id);
        return found === undefined ? [] : [{
          containerId: known.id,
          metrics: containerMetrics(known, pod, found),
        }];
      }),
    };
  });
}

/** Reads all that metrics are made of: for all containers at once. */
async function readFacts(
  context: RuntimeContext,
  containers: readonly KnownContainer[],
  call: Pick<CallContext, "signal">,
): Promise<ReadonlyMap<ContainerId, ContainerFacts>> {
  const { stats, unmanaged } = context;
  const ids = containers.map(({ id }) => id);
  const samples = await stats.usage.readContainers(ids, call);
  const layers = await stats.layers.get(
    containers.map(({ record }) => record.layer),
  );
  const files = await readOpenFiles(
    new Map([...samples].map(([id, { usage }]) => [id, usage.processes.ids])),
    { signal: call.signal, libc: context.agent.store.libc },
  );
  const disk = await readDisk(context, call);
  return new Map(containers.flatMap((known) => {
    const sample = samples.get(known.id);
    if (sample === undefined) return [];
    return [[known.id, {
      ...{ sample, disk },
      startedAtNs: statusOf(known, unmanaged).startedAt,
      layer: layers.get(known.record.layer),
      files: files.get(known.id),
    }]];
  }));
}

async function readDisk(
  { agent: { mounter, store } }: Pick<RuntimeContext, "agent">,
  call: Pick<CallContext, "signal">,
): Promise<DiskFacts> {
  const { root } = store.paths;
  const { blocks, bsize, files, ffree } = statfsSync(root, { bigint: true });
  return {
    device: mountOf(root, await mounter.list("/", call))?.source ?? "",
    totalBytes: blocks * bsize,
    totalInodes: files,
    freeInodes: ffree,
  };
}

function containerMetrics(
  { metadata, record: { names = [] } }: KnownContainer,
  pod: KnownPod,
  facts: ContainerFacts,
): MetricInit[] {
  const labels = [
    metadata.metadataName,
    facts.sample.path,
    metadata.imageName,
    names[0] ?? "",
    ...podLabels(pod),
  ];
  return toMetrics(CONTAINER_METRICS, facts, {
    labels,
    timestamp: facts.sample.takenAtNs,
  });
}

/**
 * A pod's own metrics have no container and image labels, which distinguishes them.
 */
function podMetrics(pod: KnownPod, interfaces: Interfaces): MetricInit[] {
  const labels = ["", pod.id, "", pod.record.names?.[0] ?? ""];
  return toMetrics(NETWORK_METRICS, interfaces, {
    labels: [...labels, ...podLabels(pod)],
    timestamp: nowNs(),
  });
}

function podLabels({ sandbox, metadata }: KnownPod): readonly string[] {
  const { namespace, podName } = metadata;
  return [namespace, sandbox?.request.metadata.name ?? podName];
}

function toMetrics<Facts>(
  definitions: readonly MetricDefinition<Facts>[],
  facts: Facts,
  { labels, timestamp }: {
    readonly labels: readonly string[];
    readonly timestamp: bigint;
  },
): MetricInit[] {
  return definitions.flatMap(({ name, type, valuesOf }) =>
    valuesOf(facts).map(({ labels: own, value }) => ({
      ...{ name, timestamp, metricType: type },
      labelValues: [...labels, ...own],
      value: { value },
    }))
  );
}
