/** Removes containers. */

import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import {
  ContainerEventType,
  type RemoveContainerRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { tellEvent } from "../events.ts";
import { sleep } from "../../../errors/abort.ts";
import { whyOf } from "../../../errors/why.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findOwnContainer } from "../state/find_objects.ts";
import type { OwnContainer } from "../state/known_objects.ts";
import { readAgain } from "./read_again.ts";
import { endContainer, ifMissing } from "./stop_container.ts";
import { dropContainer } from "./undo_container.ts";

/**
 * Removes a container; a running one is killed. A missing one is no error. Its
 * removal is recorded durably, and the response is sent; then its files are
 * deleted. If that fails, such as for a mount in them, the container is shown
 * again.
 *
 * @throws {InUseError} If it does not end.
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

/** Removes a container that CRI made, running or not: see above. */
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
  const { turns, processes } = context;
  await endContainer(context, id, 0n);
  const turn = await turns.take(id, "alone");
  const known = await readAgain(context, id).catch(ifMissing);
  if (known === undefined) return turn[Symbol.dispose]();
  processes.delete(id);
  const isNoted = tryNote(context, known);
  const done = drop(context, known, turn);
  if (!isNoted) await done;
  await tellEvent(
    context,
    id,
    ContainerEventType.CONTAINER_DELETED_EVENT,
    known.metadata.podId,
  );
}

/**
 * Records that a container is removed: then the response can be sent, and the next
 * start of the daemon continues after a kill.
 *
 * @returns Whether it was recorded: not in a damaged note, nor on a full disk.
 */
function tryNote(
  { agent, objects }: RuntimeContext,
  { id, note }: OwnContainer,
): boolean {
  try {
    objects.setNote(id, { ...note, phase: "removing" });
    return note.isDamaged !== true;
  } catch (error) {
    agent.log("warn", `Removes "${id}" without a note: ${whyOf(error)}`);
    return false;
  }
}

/** Removes its files; if that fails, it is shown again. */
function drop(
  context: RuntimeContext,
  { id, metadata: { podId } }: OwnContainer,
  turn: Disposable,
): Promise<void> {
  const { agent, objects, jobs, removals } = context;
  const done = jobs.changing.join(`drop ${id}`, async () => {
    using _turn = turn;
    try {
      await objects.whileHidden(id, async () => {
        await sleep(0); // What blocks this process comes after the response.
        await dropContainer(context, id);
      });
      agent.log("info", `Removed container "${id}"`, { container: id });
    } catch (error) {
      agent.log("warn", `Cannot remove container "${id}": ${whyOf(error)}`, {
        container: id,
      });
      throw error;
    }
  });
  removals.add(id, { podId, done });
  return done;
}
