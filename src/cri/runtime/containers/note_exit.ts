/** Records exits of containers in their notes, and emits events. */

import { ContainerNotFoundError } from "../../../errors/not_found_errors.ts";
import { PolicyError } from "../../../errors/store_errors.ts";
import { whyOf } from "../../../errors/why.ts";
import {
  type ProcessExit,
  readExit,
  UNKNOWN_EXIT_CODE,
} from "../../../engine/containers/process_exit.ts";
import { forget } from "../../../engine/runtimes/oci_runtime.ts";
import { stopSandbox } from "../../../engine/sandboxes/stop_sandbox.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { ContainerEventType, ContainerState } from "../../api/api_pb.js";
import { tellEvent } from "../events.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import type { ContainerNote } from "../state/container_note.ts";
import { toNanoseconds } from "../state/nanoseconds.ts";
import { readAgain } from "./read_again.ts";

/** Records how the process of a container, or of a pod, has ended. */
export async function onExit(
  context: RuntimeContext,
  id: ContainerId,
): Promise<void> {
  const { agent } = context;
  try {
    await noteEnd(context, id);
    await forgetEnded(context, id);
  } catch (error) {
    // It was removed meanwhile, or was not made by CRI.
    if (error instanceof ContainerNotFoundError) return;
    if (error instanceof PolicyError) return;
    agent.log("warn", `Cannot note how "${id}" ended: ${whyOf(error)}`);
  }
}

async function noteEnd(
  context: RuntimeContext,
  id: ContainerId,
): Promise<void> {
  using _turn = await context.turns.take(id, "alone");
  const { pods } = await context.objects.read();
  const pod = pods.find((known) => known.id === id);
  if (pod === undefined) await noteExit(context, id);
  else if (pod.sandbox?.state === "ready") await endPod(context, id);
}

/**
 * Deletes ended containers from the runtime in advance, so that removals are
 * faster. If conmon has lost track of a process, it may still run.
 */
async function forgetEnded(
  { agent, jobs }: RuntimeContext,
  id: ContainerId,
): Promise<void> {
  if (readExit(agent, id)?.exitCode === UNKNOWN_EXIT_CODE) return;
  await jobs.changing.join(`forget ${id}`, () => forget(agent, id));
}

/**
 * Records how a container has ended, if it has; to be called in its turn.
 *
 * @param unseen The exit to record if it is unknown.
 */
export async function noteExit(
  context: RuntimeContext,
  id: ContainerId,
  unseen?: ProcessExit,
): Promise<void> {
  const { agent, objects } = context;
  const known = await readAgain(context, id);
  const { state } = known.note.status;
  const exit = readExit(agent, id) ?? unseen;
  if (state === ContainerState.CONTAINER_EXITED || exit === undefined) return;
  const noted = withExit(known.note, exit);
  // The start of the daemon reads conmon's record, or sets an unknown exit, again.
  const note = exit === unseen ? withMessage(noted, UNSEEN) : noted;
  objects.setNote(id, note, { directory: "later" });
  agent.log("info", `Container "${id}" ended with ${exit.exitCode}`, {
    container: id,
  });
  await tellEvent(context, id, ContainerEventType.CONTAINER_STOPPED_EVENT);
}

/**
 * Without the process that keeps the PID namespace, all processes of a pod have
 * ended.
 */
async function endPod(context: RuntimeContext, id: ContainerId): Promise<void> {
  const { agent, objects } = context;
  agent.log("warn", `Pod "${id}" ends: its pause process has ended`, {
    pod: id,
  });
  await stopSandbox(agent, id);
  objects.rereadSandbox(id);
  await tellEvent(context, id, ContainerEventType.CONTAINER_STOPPED_EVENT);
}

const UNSEEN = "Its process has ended with an unknown exit code";

function withMessage(note: ContainerNote, message: string): ContainerNote {
  return { ...note, status: { ...note.status, message } };
}

/** An unknown exit. */
export function unseenExit(): ProcessExit {
  return {
    exitCode: UNKNOWN_EXIT_CODE,
    finishedAtMs: Date.now(),
    isOomKilled: false,
  };
}

/** A note of a container whose process has ended. */
export function withExit(
  note: ContainerNote,
  { exitCode, finishedAtMs, isOomKilled }: ProcessExit,
): ContainerNote {
  return {
    ...note,
    status: {
      ...note.status,
      state: ContainerState.CONTAINER_EXITED,
      finishedAt: toNanoseconds(finishedAtMs),
      exitCode,
      reason: isOomKilled
        ? "OOMKilled"
        : exitCode === 0
        ? "Completed"
        : "Error",
    },
  };
}
