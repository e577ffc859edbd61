/** Events of containers and pods for a kubelet: GetContainerEvents. */

import { create } from "@bufbuild/protobuf";
import { whyOf } from "../../errors/why.ts";
import {
  type ContainerEventResponse,
  ContainerEventResponseSchema,
  type ContainerEventType,
} from "../api/api_pb.js";
import type { CallContext } from "../grpc/service_methods.ts";
import { statusOf } from "./containers/container_messages.ts";
import { toPodStatus } from "./pods/pod_messages.ts";
import type { RuntimeContext } from "./runtime_context.ts";
import { membersOf } from "./state/known_objects.ts";
import { nowNs } from "./state/nanoseconds.ts";

/** Events from the call on, until it ends. */
export function getContainerEvents(
  { events }: RuntimeContext,
  _request: unknown,
  { signal }: CallContext,
): AsyncIterable<ContainerEventResponse> {
  return events.listen({ signal });
}

/**
 * Emits an event of a container or a pod, with the status of its pod. A failure is
 * only logged.
 *
 * @param podId The ID of its pod, if the container may be removed already.
 */
export async function tellEvent(
  context: RuntimeContext,
  id: string,
  type: ContainerEventType,
  podId?: string,
): Promise<void> {
  const { agent, objects, unmanaged, events } = context;
  if (!events.hasListeners) return;
  try {
    const { pods, containers } = await objects.read();
    const ofPod = podId ??
      containers.find((known) => known.id === id)?.metadata.podId ?? id;
    const pod = pods.find((known) => known.id === ofPod);
    const members = membersOf({ containers }, ofPod);
    events.emit(create(ContainerEventResponseSchema, {
      containerId: id,
      containerEventType: type,
      createdAt: nowNs(),
      ...pod && { podSandboxStatus: toPodStatus(pod, members, unmanaged) },
      containersStatuses: members.map((known) => statusOf(known, unmanaged)),
    }));
  } catch (error) {
    agent.log("warn", `Cannot send an event of "${id}": ${whyOf(error)}`);
  }
}
