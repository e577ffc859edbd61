/** Statistics of containers: CRI's ContainerStats and its lists. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LayerSize } from "../../engine/stats/layer_sizes.ts";
import type { ContainerSample } from "../../engine/stats/usage_reader.ts";
import {
  type Container,
  ContainerState,
  type ContainerStatsFilter,
  type ContainerStatsRequest,
  type ContainerStatsSchema,
  type ListContainerStatsRequest,
  type StreamContainerStatsRequest,
} from "../api/api_pb.js";
import type { CallContext } from "../grpc/service_methods.ts";
import { toContainer } from "../runtime/containers/container_messages.ts";
import type { RuntimeContext } from "../runtime/runtime_context.ts";
import { isListedContainer } from "../runtime/state/filters.ts";
import { findContainer } from "../runtime/state/find_objects.ts";
import { inParts } from "../runtime/state/in_parts.ts";
import type { KnownContainer } from "../runtime/state/known_objects.ts";
import { fileSystemMessage, usageMessages } from "./usage_messages.ts";

/** A container's statistics, as they are answered. */
export type ContainerStatsInit = Exclude<
  MessageInitShape<typeof ContainerStatsSchema>,
  { readonly $typeName: string }
>;

/**
 * The statistics of a container.
 *
 * @throws {ContainerNotFoundError} If there is none.
 */
export async function containerStats(
  context: RuntimeContext,
  { containerId }: ContainerStatsRequest,
  call: CallContext,
): Promise<{ stats: ContainerStatsInit }> {
  const known = await findContainer(context.objects, containerId, call);
  const [stats] = await describeContainers(context, [known], call);
  return stats === undefined ? { stats: {} } : { stats };
}

/** The statistics of all containers that match the filter and have not ended. */
export async function listContainerStats(
  context: RuntimeContext,
  { filter }: ListContainerStatsRequest,
  call: CallContext,
): Promise<{ stats: ContainerStatsInit[] }> {
  return { stats: await list(context, filter, call) };
}

/** Lists as `listContainerStats()` does, a part at a time. */
export async function* streamContainerStats(
  context: RuntimeContext,
  { filter }: StreamContainerStatsRequest,
  call: CallContext,
): AsyncGenerator<{ containerStats: ContainerStatsInit[] }> {
  const all = await list(context, filter, call);
  for (const part of inParts(all)) yield { containerStats: part };
}

async function list(
  context: RuntimeContext,
  filter: ContainerStatsFilter | undefined,
  call: CallContext,
): Promise<ContainerStatsInit[]> {
  const { containers } = await context.objects.read(call);
  const wanted = containers.filter((known) => {
    const container = toContainer(known, context.unmanaged);
    return hasNotEnded(container) && isListedContainer(filter, container);
  });
  return await describeContainers(context, wanted, call);
}

/** Whether a container runs, or will. */
export function hasNotEnded({ state }: Pick<Container, "state">): boolean {
  return state === ContainerState.CONTAINER_RUNNING ||
    state === ContainerState.CONTAINER_CREATED;
}

/** Reads the statistics of several containers together. */
export async function describeContainers(
  { agent, stats, unmanaged }: RuntimeContext,
  containers: readonly KnownContainer[],
  { signal }: Pick<CallContext, "signal">,
): Promise<ContainerStatsInit[]> {
  const ids = containers.map(({ id }) => id);
  const layers = containers.map(({ record }) => record.layer);
  const samples = await stats.usage.readContainers(ids, { signal });
  const sizes = await stats.layers.get(layers);
  return containers.map((known) => {
    const container = toContainer(known, unmanaged);
    return toStats(container, {
      sample: hasNotEnded(container) ? samples.get(known.id) : undefined,
      size: sizes.get(known.record.layer),
      root: agent.store.paths.root,
    });
  });
}

function toStats(
  { id, metadata, labels, annotations }: Container,
  { sample, size, root }: {
    readonly sample: ContainerSample | undefined;
    readonly size: LayerSize | undefined;
    readonly root: string;
  },
): ContainerStatsInit {
  return {
    attributes: { id, labels, annotations, ...metadata && { metadata } },
    ...sample && usageMessages(sample),
    ...size && {
      writableLayer: fileSystemMessage(size, {
        mountpoint: root,
        timestamp: size.takenAtNs,
      }),
    },
  };
}
