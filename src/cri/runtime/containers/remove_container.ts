/** Removes containers. */

import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import {
  ContainerEventType,
  type RemoveContainerRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { tellEvent } from "../events.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findOwnContainer } from "../state/find_objects.ts";
import { readAgain } from "./read_again.ts";
import { endContainer, ifMissing } from "./stop_container.ts";
import { dropContainer } from "./undo_container.ts";

/**
 * Removes a container; one that runs is killed. One that is not there is no error.
 *
 * @throws {InUseError} If it does not end, or something is mounted in it.
 */
export async function removeContainer(
  context: RuntimeContext,
  { containerId }: RemoveContainerRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  const known = await findOwnContainer(context.objects, containerId, {
    ...{ verb: "remove", command: "container rm", signal },
  }).catch(ifMissing);
  if (known === undefined) return {};
  const { id } = known;
  await removeOwn(context, id, { signal });
  return {};
}

/** Removes a container that a request made, whatever it does. */
export async function removeOwn(
  context: RuntimeContext,
  id: ContainerId,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await context.jobs.changing.join(
    `remove ${id}`,
    () => remove(context, id),
    options,
  );
}

async function remove(context: RuntimeContext, id: ContainerId): Promise<void> {
  const { agent, objects, turns } = context;
  await endContainer(context, id, 0n);
  using _turn = await turns.take(id, "alone");
  const known = await readAgain(context, id).catch(ifMissing);
  if (known === undefined) return;
  // A kill from here on is noticed: the next start goes on with it.
  const note = { ...known.note, phase: "removing" } as const;
  objects.setNote(id, note, { directory: "later" });
  await dropContainer(context, id);
  agent.log("info", `Removed container "${id}"`, { container: id });
  await tellEvent(
    context,
    id,
    ContainerEventType.CONTAINER_DELETED_EVENT,
    known.metadata.podId,
  );
}
