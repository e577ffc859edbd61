/** Statistics of pods: CRI's PodSandboxStats and its lists. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Interfaces } from "../../engine/stats/network_reader.ts";
import type { UsageSample } from "../../engine/stats/usage_reader.ts";
import {
  type ListPodSandboxStatsRequest,
  type PodSandbox,
  PodSandboxState,
  type PodSandboxStatsFilter,
  type PodSandboxStatsRequest,
  type PodSandboxStatsSchema,
  type StreamPodSandboxStatsRequest,
} from "../api/api_pb.js";
import type { CallContext } from "../grpc/service_methods.ts";
import { toContainer } from "../runtime/containers/container_messages.ts";
import { toPodSandbox } from "../runtime/pods/pod_messages.ts";
import type { RuntimeContext } from "../runtime/runtime_context.ts";
import { isListed } from "../runtime/state/filters.ts";
import { findPod } from "../runtime/state/find_objects.ts";
import { inParts } from "../runtime/state/in_parts.ts";
import {
  type KnownContainer,
  type KnownPod,
  membersOf,
} from "../runtime/state/known_objects.ts";
import { nowNs } from "../runtime/state/nanoseconds.ts";
import {
  type ContainerStatsInit,
  describeContainers,
  hasNotEnded,
} from "./container_stats.ts";
import { podCgroupOf } from "./pod_cgroup.ts";
import { sumSamples } from "./sum_samples.ts";
import { networkMessage, usageMessages } from "./usage_messages.ts";

/** A pod's statistics, as they are answered. */
export type PodStatsInit = Exclude<
  MessageInitShape<typeof PodSandboxStatsSchema>,
  { readonly $typeName: string }
>;

/**
 * The statistics of a pod and of each of its containers.
 *
 * @throws {InvalidSandboxIdError} If there is none.
 */
export async function podSandboxStats(
  context: RuntimeContext,
  { podSandboxId }: PodSandboxStatsRequest,
  call: CallContext,
): Promise<{ stats: PodStatsInit }> {
  const pod = await findPod(context.objects, podSandboxId, call);
  const [stats] = await describePods(context, [pod], call);
  return stats === undefined ? { stats: {} } : { stats };
}

/** The statistics of all ready pods that match the filter. */
export async function listPodSandboxStats(
  context: RuntimeContext,
  { filter }: ListPodSandboxStatsRequest,
  call: CallContext,
): Promise<{ stats: PodStatsInit[] }> {
  return { stats: await list(context, filter, call) };
}

/** Lists as `listPodSandboxStats()` does, a part at a time. */
export async function* streamPodSandboxStats(
  context: RuntimeContext,
  { filter }: StreamPodSandboxStatsRequest,
  call: CallContext,
): AsyncGenerator<{ podSandboxStats: PodStatsInit[] }> {
  const all = await list(context, filter, call);
  for (const part of inParts(all)) yield { podSandboxStats: part };
}

async function list(
  context: RuntimeContext,
  filter: PodSandboxStatsFilter | undefined,
  call: CallContext,
): Promise<PodStatsInit[]> {
  const snapshot = await context.objects.read(call);
  const wanted = snapshot.pods.filter((pod) => {
    const members = () => membersOf(snapshot, pod.id);
    const listed = toPodSandbox(pod, members, context.unmanaged);
    return listed.state === PodSandboxState.SANDBOX_READY &&
      isListed(filter, listed);
  });
  return await describePods(context, wanted, call);
}

/** Reads the statistics of several pods together. */
async function describePods(
  context: RuntimeContext,
  pods: readonly KnownPod[],
  call: Pick<CallContext, "signal">,
): Promise<PodStatsInit[]> {
  const { objects, unmanaged, stats: { usage, networks } } = context;
  const snapshot = await objects.read(call);
  const isAlive = (known: KnownContainer) =>
    hasNotEnded(toContainer(known, unmanaged));
  const members = new Map(pods.map((pod) => [
    pod.id,
    membersOf(snapshot, pod.id).filter(isAlive),
  ]));
  const alive = [...members.values()].flat();
  const containers = await describeContainers(context, alive, call);
  const byId = new Map(containers.map((stats, index) => [
    alive[index]?.id,
    stats,
  ]));
  const samples = await usage.readContainers(alive.map(({ id }) => id), call);
  const groups = await usage.readGroups(pods.flatMap(podCgroupOf), call);
  const interfaces = await networks.get(pods.flatMap(networkOf), call);
  return pods.map((pod) => {
    const own = members.get(pod.id) ?? [];
    const [group = ""] = podCgroupOf(pod);
    const [network = ""] = networkOf(pod);
    return toStats(toPodSandbox(pod, () => own, unmanaged), {
      sample: groups.get(group) ??
        sumSamples(own.flatMap(({ id }) => samples.get(id) ?? [])),
      interfaces: interfaces.get(network),
      containers: own.flatMap(({ id }) => byId.get(id) ?? []),
    });
  });
}

/** The file that stands for a pod's own network. */
export function networkOf({ sandbox }: KnownPod): readonly string[] {
  const path = sandbox?.namespaces.network;
  return path === undefined ? [] : [path];
}

function toStats(
  { id, metadata, labels, annotations }: PodSandbox,
  { sample, interfaces, containers }: {
    readonly sample: Omit<UsageSample, "path"> | undefined;
    readonly interfaces: Interfaces | undefined;
    readonly containers: readonly ContainerStatsInit[];
  },
): PodStatsInit {
  const timestamp = sample?.takenAtNs ?? nowNs();
  const { swap: _, ...usage } = sample ? usageMessages(sample) : {};
  const threads = sample?.usage.processes.threads;
  return {
    attributes: { id, labels, annotations, ...metadata && { metadata } },
    linux: {
      ...usage,
      ...interfaces && { network: networkMessage(interfaces, timestamp) },
      ...threads !== undefined &&
        { process: { timestamp, processCount: { value: threads } } },
      containers: [...containers],
    },
  };
}
