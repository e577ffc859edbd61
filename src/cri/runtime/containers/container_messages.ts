/** Messages of containers for CRI's lists and statuses. */

import { create } from "@bufbuild/protobuf";
import {
  type Container,
  ContainerSchema,
  ContainerState,
  type ContainerStatus,
  ContainerStatusSchema,
} from "../../api/api_pb.js";
import type { ContainerNote } from "../state/container_note.ts";
import type { KnownContainer } from "../state/known_objects.ts";
import { toNanoseconds } from "../state/nanoseconds.ts";
import type { UnmanagedStates } from "../state/unmanaged_states.ts";

// Cached by note: a changed note is a new object.
const listed = new WeakMap<ContainerNote, Container>();

/** A container as lists show it. */
export function toContainer(
  known: KnownContainer,
  states: UnmanagedStates,
): Container {
  const { note } = known;
  if (note === undefined) return shorten(statusOf(known, states), known);
  const before = listed.get(note);
  if (before !== undefined) return before;
  const message = shorten(note.status, known);
  listed.set(note, message);
  return message;
}

/** A container's status. */
export function statusOf(
  known: KnownContainer,
  states: UnmanagedStates,
): ContainerStatus {
  return known.note?.status ?? describeUnmanaged(known, states);
}

function shorten(
  { $typeName: _, ...status }: ContainerStatus,
  { metadata: { podId } }: KnownContainer,
): Container {
  const { id, metadata, image, imageRef, imageId, state } = status;
  const { createdAt, labels, annotations } = status;
  return create(ContainerSchema, {
    ...{ id, imageRef, imageId, state, createdAt, labels, annotations },
    podSandboxId: podId,
    ...metadata && { metadata },
    ...image && { image },
  });
}

/** A container that was not made by CRI has no labels, and its own name. */
function describeUnmanaged(
  { id, metadata, record }: KnownContainer,
  states: UnmanagedStates,
): ContainerStatus {
  const { state, startedAtNs, finishedAtNs, exitCode } = states.of(id);
  const hasEnded = state === ContainerState.CONTAINER_EXITED;
  return create(ContainerStatusSchema, {
    id,
    metadata: { name: metadata.metadataName, attempt: metadata.attempt },
    state,
    createdAt: toNanoseconds(record.created),
    startedAt: startedAtNs,
    finishedAt: finishedAtNs,
    exitCode,
    reason: hasEnded ? exitCode === 0 ? "Completed" : "Error" : "",
    image: {
      image: metadata.imageName,
      userSpecifiedImage: metadata.imageName,
    },
    imageRef: metadata.imageId,
    imageId: metadata.imageId,
  });
}
