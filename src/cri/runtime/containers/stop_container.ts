/** Stops containers. */

import { ContainerNotFoundError } from "../../../errors/not_found_errors.ts";
import { findActivity } from "../../../engine/containers/container_status.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import {
  ContainerEventType,
  ContainerState,
  type StopContainerRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { toMilliseconds } from "../state/milliseconds.ts";
import { tellEvent } from "../events.ts";
import type { FailedProcess, RuntimeContext } from "../runtime_context.ts";
import { findOwnContainer } from "../state/find_objects.ts";
import { unlessAborted } from "../../../errors/abort.ts";
import { noteExit, unseenExit } from "./note_exit.ts";
import { notStarted } from "./not_started.ts";
import { readAgain } from "./read_again.ts";

/**
 * Stops a container: by its stop signal, and after a while by SIGKILL. A container
 * that is missing, or has ended, is no error.
 *
 * @throws {InUseError} If it does not end.
 */
export async function stopContainer(
  context: RuntimeContext,
  { containerId, timeout }: StopContainerRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  const known = await findOwnContainer(context.objects, containerId, {
    ...{ verb: "stop", command: "container stop", signal },
  }).catch(ifMissing);
  if (known === undefined) return {};
  const { id } = known;
  await unlessAborted(() => endContainer(context, id, timeout), { signal });
  return {};
}

/** @returns Undefined if the error is that the container is missing. */
export function ifMissing(error: unknown): undefined {
  if (!(error instanceof ContainerNotFoundError)) throw error;
}

/**
 * Ends a container's process, and records its exit. A concurrent call may shorten
 * the time.
 *
 * @param timeoutS How long after the stop signal, in seconds.
 */
export async function endContainer(
  context: RuntimeContext,
  id: ContainerId,
  timeoutS: bigint,
): Promise<void> {
  const { stops, turns } = context;
  const known = await readAgain(context, id).catch(ifMissing);
  const state = known?.note.status.state;
  if (known === undefined || state === ContainerState.CONTAINER_EXITED) return;
  const hasBegun = state === ContainerState.CONTAINER_RUNNING;
  if (hasBegun) await stops.stop(id, { timeoutMs: toMilliseconds(timeoutS) });
  const failed = hasBegun ? undefined : await endWaiting(context, id);
  using _turn = await turns.take(id, "alone");
  await noteEnd(context, id, failed).catch(ifMissing);
}

/**
 * A created process ignores all signals but SIGKILL.
 *
 * @returns Why there is none, if it could not be made.
 */
async function endWaiting(
  { agent, stops, turns, processes }: RuntimeContext,
  id: ContainerId,
): Promise<FailedProcess | undefined> {
  {
    using _turn = await turns.take(id, "shared"); // it may be being made now
  }
  const made = processes.get(id);
  processes.delete(id);
  if (made?.kind === "failed") return made;
  if (made === undefined) {
    // An earlier daemon may have been killed before it made the process.
    const { process } = await findActivity(agent, id);
    if (process === undefined) return undefined;
  }
  await stops.stop(id, { timeoutMs: 0 });
  return undefined;
}

async function noteEnd(
  context: RuntimeContext,
  id: ContainerId,
  failed: FailedProcess | undefined,
): Promise<void> {
  if (failed === undefined) return await noteExit(context, id, unseenExit());
  const { note } = await readAgain(context, id);
  // A concurrent start may have made it after all.
  if (note.status.state !== ContainerState.CONTAINER_CREATED) return;
  context.objects.setNote(id, notStarted(note, failed.error));
  await tellEvent(context, id, ContainerEventType.CONTAINER_STOPPED_EVENT);
}
