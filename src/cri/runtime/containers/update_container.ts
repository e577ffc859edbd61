/** Changes limits of containers while they run: a resize in place. */

import { create, toJson } from "@bufbuild/protobuf";
import { fitLimits } from "../../../engine/templates/host_resources.ts";
import { noteUpdate } from "../../../engine/sandboxes/note_update.ts";
import { updateResources } from "../../../engine/processes/update_resources.ts";
import { InUseError } from "../../../errors/store_errors.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { isObject } from "../../../formats/json.ts";
import { makeResources } from "../../../image/limits.ts";
import {
  ContainerResourcesSchema,
  ContainerState,
  type LinuxContainerResources,
  LinuxContainerResourcesSchema,
  type UpdateContainerResourcesRequest,
  type UpdatePodSandboxResourcesRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { limitSettings } from "../../spec/container_limits.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findOwnContainer, findOwnPod } from "../state/find_objects.ts";
import { readAgain } from "./read_again.ts";

/**
 * Changes a container's limits; what is 0 or empty stays as it was.
 *
 * @throws {TypeError} If a limit cannot be meant.
 * @throws {ContainerNotFoundError} If there is no such container.
 * @throws {InUseError} If it has ended.
 * @throws {CommandError} If the runtime refuses.
 */
export async function updateContainerResources(
  context: RuntimeContext,
  { containerId, linux }: UpdateContainerResourcesRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  const { id } = await findOwnContainer(context.objects, containerId, {
    verb: "change the limits of",
    command: "container inspect",
    signal,
  });
  if (linux === undefined) return {};
  using _turn = await context.turns.take(id, "alone", { signal });
  await update(context, id, linux);
  return {};
}

async function update(
  context: RuntimeContext,
  id: ContainerId,
  linux: LinuxContainerResources,
): Promise<void> {
  const { agent, objects } = context;
  const { note } = await readAgain(context, id);
  const { state, resources: before } = note.status;
  if (state === ContainerState.CONTAINER_EXITED) {
    throw new InUseError(
      `Cannot change the limits of container "${id}": it has ended`,
      [id],
    );
  }
  const limits = fitLimits(agent, limitSettings(linux));
  await updateResources(agent, id, { resources: makeResources(limits) });
  const resources = merge(before?.linux, linux);
  objects.setNote(id, {
    ...note,
    status: {
      ...note.status,
      resources: create(ContainerResourcesSchema, { linux: resources }),
    },
  });
}

/** Omitted values stay. */
function merge(
  before: LinuxContainerResources | undefined,
  change: LinuxContainerResources,
): LinuxContainerResources {
  const given = Object.entries(change).filter(([, value]) =>
    typeof value === "object" ? Object.keys(value).length > 0 : Boolean(value)
  );
  const whole = before ?? create(LinuxContainerResourcesSchema);
  return { ...whole, ...Object.fromEntries(given) };
}

/**
 * Records that a pod's limits have changed, only to be shown. The kubelet itself
 * changes the pod's control group, which holds only its containers.
 *
 * @throws {InvalidSandboxIdError} If there is no such pod.
 */
export async function updatePodSandboxResources(
  { agent, objects }: RuntimeContext,
  { podSandboxId, overhead, resources }: UpdatePodSandboxResourcesRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  const { id } = await findOwnPod(objects, podSandboxId, {
    verb: "change the limits of",
    command: "pod inspect",
    signal,
  });
  const given = Object.entries({ overhead, resources })
    .flatMap(([key, value]) =>
      value === undefined
        ? []
        : [[key, toJson(LinuxContainerResourcesSchema, value)]]
    );
  const change = (before: unknown) => ({
    ...(isObject(before) ? before : {}),
    ...Object.fromEntries(given),
  });
  await noteUpdate(agent, id, { change, signal });
  objects.rereadSandbox(id);
  return {};
}
