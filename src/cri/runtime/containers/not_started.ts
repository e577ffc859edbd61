/** The state of containers whose process could not be made or started. */

import { messageOf } from "../../../errors/why.ts";
import { ContainerState, type ContainerStatus } from "../../api/api_pb.js";
import type { ContainerNote } from "../state/container_note.ts";
import { nowNs } from "../state/nanoseconds.ts";

// As in containerd for a container that could not be started.
const START_ERROR_CODE = 128;

/**
 * A note of a container that has ended before its process ran.
 *
 * @param startedAt When that was tried, in nanoseconds; 0 for never.
 */
export function notStarted(
  note: ContainerNote,
  error: unknown,
  startedAt = 0n,
): ContainerNote {
  const message = messageOf(error);
  const isNotExecutable = /exec(utable)?\b.*(not found|no such file|denied)/i
    .test(message);
  return withState(note, {
    state: ContainerState.CONTAINER_EXITED,
    startedAt,
    finishedAt: nowNs(),
    exitCode: START_ERROR_CODE,
    reason: isNotExecutable ? "ContainerCannotRun" : "StartError",
    message,
  });
}

/** A note with another state. */
export function withState(
  note: ContainerNote,
  change: Partial<ContainerStatus>,
): ContainerNote {
  return { ...note, status: { ...note.status, ...change } };
}
