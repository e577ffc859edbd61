/** Lists pods, and describes one. */

import type {
  ListPodSandboxRequest,
  PodSandbox,
  PodSandboxFilter,
  PodSandboxStatusRequest,
  PodSandboxStatusResponse,
  StreamPodSandboxesRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { statusOf } from "../containers/container_messages.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { isListed } from "../state/filters.ts";
import { findPod } from "../state/find_objects.ts";
import { inParts } from "../state/in_parts.ts";
import { type KnownPod, membersOf } from "../state/known_objects.ts";
import { nowNs } from "../state/nanoseconds.ts";
import { toPodSandbox, toPodStatus } from "./pod_messages.ts";

/** Lists those that match the filter. */
export async function listPodSandbox(
  context: RuntimeContext,
  { filter }: ListPodSandboxRequest,
  call: CallContext,
): Promise<{ readonly items: PodSandbox[] }> {
  return { items: await list(context, filter, call) };
}

/** Lists as `listPodSandbox()` does, a part at a time. */
export async function* streamPodSandboxes(
  context: RuntimeContext,
  { filter }: StreamPodSandboxesRequest,
  call: CallContext,
): AsyncGenerator<{ readonly podSandboxes: PodSandbox[] }> {
  const all = await list(context, filter, call);
  for (const part of inParts(all)) yield { podSandboxes: part };
}

async function list(
  { objects, unmanaged }: RuntimeContext,
  filter: PodSandboxFilter | undefined,
  call: CallContext,
): Promise<PodSandbox[]> {
  const snapshot = await objects.read(call);
  return snapshot.pods
    .map((pod) =>
      toPodSandbox(pod, () => membersOf(snapshot, pod.id), unmanaged)
    )
    .filter((pod) =>
      (filter?.state === undefined || filter.state.state === pod.state) &&
      isListed(filter, pod)
    );
}

/**
 * A pod's status, with that of its containers.
 *
 * @throws {InvalidSandboxIdError} If there is none.
 */
export async function podSandboxStatus(
  context: RuntimeContext,
  { podSandboxId, verbose }: PodSandboxStatusRequest,
  call: CallContext,
): Promise<PodStatusResult> {
  const { objects, unmanaged } = context;
  const pod = await findPod(objects, podSandboxId, call);
  const snapshot = await objects.read(call);
  const members = membersOf(snapshot, pod.id);
  return {
    status: toPodStatus(pod, members, unmanaged),
    info: verbose ? describePod(pod) : {},
    containersStatuses: members.map((known) => statusOf(known, unmanaged)),
    timestamp: nowNs(),
  };
}

/** The response for a status. */
export type PodStatusResult = Required<
  Pick<
    PodSandboxStatusResponse,
    "status" | "info" | "containersStatuses" | "timestamp"
  >
>;

/** What crictl shows as `info`. */
function describePod({ sandbox, record }: KnownPod): Record<string, string> {
  const { request, namespaces, files, shmDirectory, pid, update } = sandbox ??
    {};
  const info = {
    pid: pid ?? 0,
    names: record.names ?? [],
    ...{ namespaces, files, shmDirectory },
    config: request?.note,
    // Later changes by the kubelet.
    updated: update,
  };
  return { info: JSON.stringify(info) };
}
