/** Lists containers, and tells all of one. */

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
import { isListed } from "../state/filters.ts";
import { findContainer } from "../state/find_objects.ts";
import { statusOf, toContainer } from "./container_messages.ts";
import { describeContainer } from "./container_info.ts";

/** Lists those that the filter lets through. */
export async function listContainers(
  context: RuntimeContext,
  { filter }: ListContainersRequest,
  { signal }: CallContext,
): Promise<{ readonly containers: Container[] }> {
  const { containers } = await context.objects.read({ signal });
  const all = containers.map((known) => toContainer(known, context.peoples));
  return { containers: all.filter((container) => isWanted(container, filter)) };
}

/** Lists as `listContainers()` does, a part at a time. */
export async function* streamContainers(
  context: RuntimeContext,
  { filter }: StreamContainersRequest,
  call: CallContext,
): AsyncGenerator<{ readonly containers: Container[] }> {
  const { containers } = await context.objects.read(call);
  const all = containers.map((known) => toContainer(known, context.peoples))
    .filter((container) => isWanted(container, filter));
  for (const part of inParts(all)) yield { containers: part };
}

function isWanted(
  container: Container,
  filter: ContainerFilter | undefined,
): boolean {
  const { state, podSandboxId = "" } = filter ?? {};
  return (state === undefined || state.state === container.state) &&
    container.podSandboxId.startsWith(podSandboxId) &&
    isListed(filter, container);
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
    status: statusOf(known, context.peoples),
    info: verbose ? describeContainer(context, known) : {},
  };
}

/** What a status is answered by. */
export interface ContainerStatusResult {
  readonly status: ContainerStatus;
  readonly info: Record<string, string>;
}

/** Whether a container's process is there. */
export function isRunning({ state }: Pick<ContainerStatus, "state">): boolean {
  return state === ContainerState.CONTAINER_RUNNING;
}
