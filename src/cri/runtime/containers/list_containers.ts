/** Lists containers, and describes one. */

import {
  type Container,
  type ContainerFilter,
  ContainerState,
  type ContainerStatus,
  type ContainerStatusRequest,
  type ListContainersRequest,
  type StreamContainersRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { inParts } from "../state/in_parts.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { isListedContainer } from "../state/filters.ts";
import { findContainer } from "../state/find_objects.ts";
import { statusOf, toContainer } from "./container_messages.ts";
import { describeContainer } from "./container_info.ts";

/** Lists those that match the filter. */
export async function listContainers(
  context: RuntimeContext,
  { filter }: ListContainersRequest,
  call: CallContext,
): Promise<{ readonly containers: Container[] }> {
  return { containers: await list(context, filter, call) };
}

/** Lists as `listContainers()` does, a part at a time. */
export async function* streamContainers(
  context: RuntimeContext,
  { filter }: StreamContainersRequest,
  call: CallContext,
): AsyncGenerator<{ readonly containers: Container[] }> {
  const all = await list(context, filter, call);
  for (const part of inParts(all)) yield { containers: part };
}

async function list(
  { objects, unmanaged }: RuntimeContext,
  filter: ContainerFilter | undefined,
  call: CallContext,
): Promise<Container[]> {
  const { containers } = await objects.read(call);
  return containers.map((known) => toContainer(known, unmanaged))
    .filter((container) =>
      (filter?.state === undefined || filter.state.state === container.state) &&
      isListedContainer(filter, container)
    );
}

/**
 * A container's status; if asked for, with what only orlop knows.
 *
 * @throws {ContainerNotFoundError} If there is none.
 */
export async function containerStatus(
  context: RuntimeContext,
  { containerId, verbose }: ContainerStatusRequest,
  call: CallContext,
): Promise<ContainerStatusResult> {
  const known = await findContainer(context.objects, containerId, call);
  return {
    status: statusOf(known, context.unmanaged),
    info: verbose ? describeContainer(context, known) : {},
  };
}

/** The response for a status. */
export interface ContainerStatusResult {
  readonly status: ContainerStatus;
  readonly info: Record<string, string>;
}

/** Whether a container has a process. */
export function isRunning({ state }: Pick<ContainerStatus, "state">): boolean {
  return state === ContainerState.CONTAINER_RUNNING;
}
