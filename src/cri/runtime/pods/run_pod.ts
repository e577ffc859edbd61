/** Runs pods. */

import { equals } from "@bufbuild/protobuf";
import { DuplicateNameError } from "../../../errors/naming_errors.ts";
import { PolicyError } from "../../../errors/store_errors.ts";
import type { SandboxRequest } from "../../../engine/sandboxes/sandbox.ts";
import { whyNoUserNamespaces } from "../../../engine/sandboxes/user_namespace_support.ts";
import { removeSandbox } from "../../../engine/sandboxes/remove_sandbox.ts";
import { runSandbox } from "../../../engine/sandboxes/run_sandbox.ts";
import { tryReadPhase } from "../../../engine/sandboxes/sandbox_state.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../../formats/storage/store_ids.ts";
import { randomId } from "../../../fs/random_name.ts";
import {
  ContainerEventType,
  PodSandboxConfigSchema,
  type RunPodSandboxRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { tellEvent } from "../events.ts";
import { listHandlers } from "../handlers.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findPod } from "../state/find_objects.ts";
import type { KnownPod } from "../state/known_objects.ts";
import { podRecordName } from "../state/kubernetes_names.ts";
import { type CheckedPod, checkPod } from "./check_pod.ts";
import { configOf, toSandboxRequest } from "./pod_request.ts";

/**
 * Runs a pod. A repeated request gets the pod that is being made, or was made, of
 * the same request.
 *
 * @throws {TypeError} If it is invalid.
 * @throws {DuplicateNameError} If there is another pod of this name.
 */
export async function runPodSandbox(
  context: RuntimeContext,
  request: RunPodSandboxRequest,
  { signal }: CallContext,
): Promise<{ readonly podSandboxId: string }> {
  const checked = checkPod(request, listHandlers(context.settings));
  let isOwn = false;
  const podSandboxId = await context.jobs.making.join(
    podRecordName(checked.metadata),
    () => {
      isOwn = true;
      return run(context, checked);
    },
    { signal },
  );
  if (!isOwn) await requireSame(context, podSandboxId, checked);
  return { podSandboxId };
}

/** Another call has made it meanwhile, perhaps with another request. */
async function requireSame(
  { objects }: RuntimeContext,
  id: ContainerId,
  checked: CheckedPod,
): Promise<void> {
  meet(await findPod(objects, id), checked);
}

async function run(
  context: RuntimeContext,
  checked: CheckedPod,
): Promise<ContainerId> {
  const { agent, objects, turns } = context;
  const name = podRecordName(checked.metadata);
  const { pods } = await objects.read();
  const other = pods.find(({ metadata }) => metadata.podName === name);
  if (other !== undefined && !await isUndone(context, other.id)) {
    return meet(other, checked);
  }
  const id = parseContainerId(randomId());
  const request = toSandboxRequest(context, id, checked);
  if (request.users !== undefined) await requireUsers(context, request);
  await objects.whileHidden(id, async () => {
    using _turn = await turns.take(id, "alone");
    await runSandbox(agent, request);
    objects.rereadSandbox(id);
  });
  agent.log("info", `Runs pod "${name}" as "${id}"`, { pod: id });
  await tellEvent(context, id, ContainerEventType.CONTAINER_CREATED_EVENT);
  await tellEvent(context, id, ContainerEventType.CONTAINER_STARTED_EVENT);
  return id;
}

/** @throws {PolicyError} If there are no user namespaces here. */
async function requireUsers(
  { agent }: RuntimeContext,
  { runtime, metadata }: SandboxRequest,
): Promise<void> {
  const why = await whyNoUserNamespaces(agent, { runtime });
  if (why === undefined) return;
  throw new PolicyError(
    `Cannot run pod "${metadata.name}" with a user namespace: ${why}; use ` +
      "hostUsers: true",
  );
}

/**
 * Undoes a pod that was interrupted, and could not be undone when the daemon
 * started.
 */
async function isUndone(
  { agent }: RuntimeContext,
  id: ContainerId,
): Promise<boolean> {
  if (tryReadPhase(agent, id) !== "making") return false;
  await removeSandbox(agent, id);
  return true;
}

/** A kubelet without a response repeats its request. */
function meet(
  { id, sandbox, metadata: { podName } }: KnownPod,
  { config, runtimeHandler }: CheckedPod,
): ContainerId {
  const isSame = sandbox?.state === "ready" &&
    sandbox.request.runtimeHandler === runtimeHandler &&
    equals(PodSandboxConfigSchema, configOf(sandbox.request), config);
  if (isSame) return id;
  throw new DuplicateNameError(
    `Cannot run pod "${podName}": pod "${id}" has this name, and ` +
      (sandbox?.state === "ready" ? "another configuration" : "does not run"),
  );
}
