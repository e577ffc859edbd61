/** Starts containers. */

import { InUseError } from "../../../errors/store_errors.ts";
import { forgetProcess } from "../../../engine/monitor/forget_process.ts";
import { startProcess } from "../../../engine/monitor/start_process.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import {
  ContainerEventType,
  ContainerState,
  type StartContainerRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { tellEvent } from "../events.ts";
import { runtimeOf } from "../handlers.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import type { ContainerNote } from "../state/container_note.ts";
import { findOwnContainer } from "../state/find_objects.ts";
import { nowNs } from "../state/nanoseconds.ts";
import { requireProcess } from "./make_process.ts";
import { notStarted, withState } from "./not_started.ts";
import { handlerOf, readAgain } from "./read_again.ts";

/**
 * Starts a container that was created.
 *
 * @throws {ContainerNotFoundError} If there is none.
 * @throws {InUseError} If it was started before.
 * @throws {CommandError} If the runtime fails.
 */
export async function startContainer(
  context: RuntimeContext,
  { containerId }: StartContainerRequest,
  { signal }: CallContext,
): Promise<Record<never, never>> {
  const { id } = await findOwnContainer(context.objects, containerId, {
    ...{ verb: "start", command: "container start", signal },
  });
  const key = `start ${id}`;
  await context.jobs.changing.join(key, () => start(context, id), { signal });
  return {};
}

async function start(context: RuntimeContext, id: ContainerId): Promise<void> {
  const { agent, objects, turns, settings } = context;
  using _turn = await turns.take(id, "alone");
  const known = await readAgain(context, id);
  const { note, metadata } = known;
  const isNew = note.status.state === ContainerState.CONTAINER_CREATED;
  if (!isNew || note.phase !== "complete") throw notWaiting(id, note);
  const handler = handlerOf(context, metadata.podId);
  const startedAt = nowNs();
  const started = withState(note, {
    state: ContainerState.CONTAINER_RUNNING,
    startedAt,
  });
  const runtime = runtimeOf(settings, handler);
  try {
    await requireProcess(context, known);
    await objects.setNoteWhile(id, started, {
      act: () => startProcess(agent, id, { runtime }),
      directory: "later", // the engine also records when it began
    });
  } catch (error) {
    objects.setNote(id, notStarted(note, error, startedAt));
    await tellEvent(context, id, ContainerEventType.CONTAINER_STOPPED_EVENT);
    await forgetProcess(agent, id);
    throw error;
  }
  await tellEvent(context, id, ContainerEventType.CONTAINER_STARTED_EVENT);
  agent.log("info", `Started container "${id}"`, { container: id });
}

function notWaiting(id: ContainerId, { phase }: ContainerNote): InUseError {
  const why = phase === "complete"
    ? "it was started before"
    : `its ${phase === "creating" ? "creation" : "removal"} was cut short`;
  return new InUseError(`Cannot start container "${id}": ${why}`, [id]);
}
