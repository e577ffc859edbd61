/** Messages of pods for CRI's lists and statuses. */

import { create } from "@bufbuild/protobuf";
import type { Sandbox } from "../../../engine/sandboxes/sandbox.ts";
import {
  ContainerState,
  type PodSandbox,
  PodSandboxSchema,
  PodSandboxState,
  type PodSandboxStatus,
  PodSandboxStatusSchema,
} from "../../api/api_pb.js";
import type { KnownContainer, KnownPod } from "../state/known_objects.ts";
import { toNanoseconds } from "../state/nanoseconds.ts";
import type { UnmanagedStates } from "../state/unmanaged_states.ts";
import { configOf } from "./pod_request.ts";

// Cached by sandbox: a changed sandbox is a new object.
const listed = new WeakMap<Sandbox, PodSandbox>();

/**
 * A pod as lists show it.
 *
 * @param members Its containers, which show whether a pod without a sandbox runs.
 */
export function toPodSandbox(
  pod: KnownPod,
  members: () => readonly KnownContainer[],
  states: UnmanagedStates,
): PodSandbox {
  const { sandbox } = pod;
  const before = sandbox && listed.get(sandbox);
  if (before !== undefined) return before;
  const message = create(PodSandboxSchema, {
    ...describe(pod, members, states),
  });
  if (sandbox !== undefined) listed.set(sandbox, message);
  return message;
}

/** A pod's status. */
export function toPodStatus(
  pod: KnownPod,
  members: readonly KnownContainer[],
  states: UnmanagedStates,
): PodSandboxStatus {
  const { sandbox } = pod;
  const options = sandbox &&
    configOf(sandbox.request).linux?.securityContext?.namespaceOptions;
  const [ip = "", ...others] = sandbox?.ips ?? [];
  return create(PodSandboxStatusSchema, {
    ...describe(pod, () => members, states),
    network: { ip, additionalIps: others.map((ip) => ({ ip })) },
    linux: { namespaces: { options: options ?? {} } },
  });
}

function describe(
  { id, metadata, record, sandbox }: KnownPod,
  members: () => readonly KnownContainer[],
  states: UnmanagedStates,
) {
  if (sandbox !== undefined) {
    const { state, createdAtNs, request } = sandbox;
    return {
      id,
      metadata: request.metadata,
      state: state === "ready"
        ? PodSandboxState.SANDBOX_READY
        : PodSandboxState.SANDBOX_NOTREADY,
      createdAt: createdAtNs,
      labels: { ...request.labels },
      annotations: { ...request.annotations },
      runtimeHandler: request.runtimeHandler,
    };
  }
  const { podName, uid, namespace, attempt } = metadata;
  const isRunning = members().some(({ id }) =>
    states.of(id).state === ContainerState.CONTAINER_RUNNING
  );
  return {
    id,
    metadata: { name: podName, uid, namespace, attempt },
    state: isRunning
      ? PodSandboxState.SANDBOX_READY
      : PodSandboxState.SANDBOX_NOTREADY,
    createdAt: toNanoseconds(record.created),
  };
}
