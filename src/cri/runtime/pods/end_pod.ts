/** Stops and removes pods. */

import { type Abortable, settleAll } from "../../../errors/abort.ts";
import { InvalidSandboxIdError } from "../../../errors/not_found_errors.ts";
import { InUseError } from "../../../errors/store_errors.ts";
import { removeOrphanVolumes } from "../../../engine/containers/image_volumes.ts";
import { removeSandbox } from "../../../engine/sandboxes/remove_sandbox.ts";
import { stopSandbox } from "../../../engine/sandboxes/stop_sandbox.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import {
  ContainerEventType,
  type RemovePodSandboxRequest,
  type StopPodSandboxRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { removeOwn } from "../containers/remove_container.ts";
import { endContainer } from "../containers/stop_container.ts";
import { tellEvent } from "../events.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findOwnPod, type Refusable } from "../state/find_objects.ts";
import { type KnownContainer, membersOf } from "../state/known_objects.ts";

/**
 * Stops a pod: its containers are killed, and its networks are left. A pod that is
 * missing, or was stopped, is no error.
 *
 * @throws {PolicyError} If it was not made by CRI.
 */
export async function stopPodSandbox(
  context: RuntimeContext,
  { podSandboxId }: StopPodSandboxRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  return await end(context, podSandboxId, {
    ...{ verb: "stop", command: "pod stop", action: stop, signal },
  });
}

/**
 * Removes a pod with its containers. One that is not there is no error.
 *
 * @throws {PolicyError} If it was not made by CRI.
 * @throws {InUseError} If it has containers that CRI did not make.
 */
export async function removePodSandbox(
  context: RuntimeContext,
  { podSandboxId }: RemovePodSandboxRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  return await end(context, podSandboxId, {
    ...{ verb: "remove", command: "pod rm", action: remove, signal },
  });
}

interface Ending extends Refusable, Abortable {
  readonly action: (context: RuntimeContext, id: ContainerId) => Promise<void>;
}

/** In its turn; concurrent calls share one end. */
async function end(
  context: RuntimeContext,
  podId: string,
  { verb, command, action, signal }: Ending,
): Promise<Record<never, never>> {
  const { objects, jobs, turns } = context;
  const pod = await findOwnPod(objects, podId, { verb, command, signal })
    .catch(ifMissing);
  if (pod === undefined) return {};
  const { id } = pod;
  await jobs.changing.join(`${verb} ${id}`, async () => {
    using _turn = await turns.take(id, "alone");
    await action(context, id);
  }, { signal });
  return {};
}

/** @returns Undefined if the error is that the pod is missing. */
function ifMissing(error: unknown): undefined {
  if (!(error instanceof InvalidSandboxIdError)) throw error;
}

async function stop(context: RuntimeContext, id: ContainerId): Promise<void> {
  const { agent, objects } = context;
  const members = membersOf(await objects.read(), id);
  await all(members, (member) => endContainer(context, member.id, 0n));
  const wasReady = objects.rereadSandbox(id)?.state === "ready";
  await stopSandbox(agent, id);
  objects.rereadSandbox(id);
  if (!wasReady) return;
  agent.log("info", `Stopped pod "${id}"`, { pod: id });
  await tellEvent(context, id, ContainerEventType.CONTAINER_STOPPED_EVENT);
}

async function remove(context: RuntimeContext, id: ContainerId): Promise<void> {
  const { agent, objects } = context;
  const members = membersOf(await objects.read(), id);
  refuseUnmanaged(id, members);
  await stop(context, id);
  await all(members, (member) => removeOwn(context, member.id));
  await context.removals.ofPod(id);
  // Image volumes of containers that were removed by other commands.
  await removeOrphanVolumes(agent, { podId: id });
  await removeSandbox(agent, id);
  agent.log("info", `Removed pod "${id}"`, { pod: id });
  await tellEvent(context, id, ContainerEventType.CONTAINER_DELETED_EVENT, id);
}

function refuseUnmanaged(id: string, members: readonly KnownContainer[]): void {
  const unmanaged = members.filter(({ note }) => note === undefined)
    .map(({ record }) => record.names?.[0] ?? record.id);
  if (unmanaged.length === 0) return;
  throw new InUseError(
    `Cannot remove pod "${id}": it has containers that no kubelet created: ` +
      unmanaged.map((name) => `"${name}"`).join(", "),
    unmanaged,
  );
}

/** All are tried; the first error is thrown. */
async function all(
  members: readonly KnownContainer[],
  action: (member: KnownContainer) => Promise<void>,
): Promise<void> {
  const own = members.filter(({ note }) => note !== undefined);
  await settleAll(own.map(action));
}
