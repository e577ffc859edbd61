/** Creates containers, which wait to be started. */

import { dirname } from "@std/path";
import { create, equals } from "@bufbuild/protobuf";
import { DuplicateNameError } from "../../../errors/naming_errors.ts";
import { InUseError } from "../../../errors/store_errors.ts";
import { createContainer as putContainer } from "../../../engine/containers/create_container.ts";
import { startContainer as mountContainer } from "../../../engine/containers/start_container.ts";
import type { Sandbox } from "../../../engine/sandboxes/sandbox.ts";
import { makeHostDirectories } from "../../../engine/sandboxes/sandbox_cgroups.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../../formats/storage/store_ids.ts";
import { randomId } from "../../../fs/random_name.ts";
import {
  ContainerConfigSchema,
  ContainerEventType,
  ContainerState,
  ContainerStatusSchema,
  type CreateContainerRequest,
} from "../../api/api_pb.js";
import type { CallContext } from "../../grpc/service_methods.ts";
import { tellEvent } from "../events.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import {
  type ContainerNote,
  formatNewNote,
  NOTE_FILE,
} from "../state/container_note.ts";
import { findContainer, findOwnPod } from "../state/find_objects.ts";
import type { KnownContainer } from "../state/known_objects.ts";
import { containerRecordName } from "../state/kubernetes_names.ts";
import { nowNs } from "../state/nanoseconds.ts";
import {
  checkContainer,
  type CheckedContainer,
  logPathOf,
} from "./check_container.ts";
import { beginProcess } from "./make_process.ts";
import { type MadeSpec, makeSpec } from "./make_spec.ts";
import { dropContainer, undoContainer } from "./undo_container.ts";

/**
 * Creates a container in a pod; its process is made after the response. A repeated
 * request gets the container that is being made, or was made, of the same request.
 *
 * @throws {TypeError} If it cannot be meant.
 * @throws {InvalidSandboxIdError} If there is no such pod.
 * @throws {InUseError} If the pod does not run.
 * @throws {ImageNotFoundError} If the image is not there.
 * @throws {DuplicateNameError} If there is another container of this name.
 */
export async function createContainer(
  context: RuntimeContext,
  request: CreateContainerRequest,
  { signal }: CallContext,
): Promise<{ readonly containerId: string }> {
  const checked = checkContainer(request);
  const pod = await findOwnPod(context.objects, request.podSandboxId, {
    verb: "create a container in",
    command: "container create --pod",
    signal,
  });
  const name = containerRecordName(
    checked.metadata,
    pod.sandbox.request.metadata,
  );
  const creation = { ...checked, name, podId: pod.id };
  let isOwn = false;
  const containerId = await context.jobs.making.join(
    name,
    () => {
      isOwn = true;
      return make(context, creation);
    },
    { signal },
  );
  if (!isOwn) await requireSame(context, containerId, creation);
  return { containerId };
}

/** Another call has made it meanwhile, perhaps with another request. */
async function requireSame(
  { objects }: RuntimeContext,
  id: ContainerId,
  creation: Creation,
): Promise<void> {
  meet(await findContainer(objects, id), creation);
}

interface Creation extends CheckedContainer {
  /** Of the record. */
  readonly name: string;
  readonly podId: ContainerId;
}

async function make(
  context: RuntimeContext,
  creation: Creation,
): Promise<ContainerId> {
  const { agent, objects, turns } = context;
  using _turn = await turns.take(creation.podId, "shared");
  await context.removals.ofPod(creation.podId).catch(() => {}); // an error was thrown
  const { containers } = await objects.read();
  const other = containers.find(({ record }) =>
    record.names?.includes(creation.name)
  );
  if (other !== undefined && isWhole(other)) return meet(other, creation);
  // Interrupted, and could not be undone when the daemon started.
  if (other !== undefined) await dropContainer(context, other.id);
  const sandbox = objects.rereadSandbox(creation.podId);
  if (sandbox?.state !== "ready") throw notReady(creation);
  const id = parseContainerId(randomId());
  const turn = await turns.take(id, "alone");
  try {
    const wanted = { ...creation, sandbox };
    await objects.whileHidden(id, () => put(context, id, wanted));
  } catch (error) {
    turn[Symbol.dispose]();
    throw error;
  }
  beginProcess(context, id, turn);
  agent.log("info", `Created container "${creation.name}" as "${id}"`, {
    pod: creation.podId,
    container: id,
  });
  await tellEvent(context, id, ContainerEventType.CONTAINER_CREATED_EVENT);
  return id;
}

function isWhole({ note }: KnownContainer): boolean {
  return note === undefined || note.phase === "complete";
}

/** A kubelet without a response repeats its request. */
function meet(
  { id, note, metadata: { podId } }: KnownContainer,
  { name, config, podId: wanted }: Creation,
): ContainerId {
  const isNew = note?.status.state === ContainerState.CONTAINER_CREATED;
  const isSame = podId === wanted && note !== undefined &&
    equals(ContainerConfigSchema, note.config, config);
  if (isNew && isSame) return id;
  throw new DuplicateNameError(
    `Cannot create container "${name}": container "${id}" has this name, and ` +
      (isNew ? "another configuration" : "was started"),
  );
}

function notReady({ podId, name }: Creation): InUseError {
  return new InUseError(
    `Cannot create container "${name}": pod "${podId}" does not run`,
    [podId],
  );
}

async function put(
  context: RuntimeContext,
  id: ContainerId,
  creation: Creation & { readonly sandbox: Sandbox },
): Promise<void> {
  const { agent, objects } = context;
  const { config, sandbox } = creation;
  const logPath = logPathOf(sandbox.request.logDirectory, config.logPath);
  const made = await makeSpec(context, id, creation);
  const note = makeNote(id, { ...creation, ...made, logPath });
  try {
    await putContainer(agent, {
      ...recordOf(creation),
      containerId: id,
      imageId: made.imageId,
      template: made.spec,
      files: { [NOTE_FILE]: formatNewNote(note) },
    });
    await mountContainer(agent, id);
    if (logPath !== undefined) {
      await makeHostDirectories(agent, [dirname(logPath)]);
    }
    objects.setNote(id, { ...note, phase: "complete" });
  } catch (error) {
    await undoContainer(context, id);
    throw error;
  }
}

function recordOf(
  { name, metadata, image, sandbox }: Creation & { readonly sandbox: Sandbox },
) {
  return {
    podName: sandbox.request.podName,
    podId: sandbox.id,
    containerName: name,
    metadataName: metadata.name,
    attempt: metadata.attempt,
    imageName: image.image,
    users: sandbox.request.users,
  };
}

function makeNote(
  id: ContainerId,
  made: Creation & MadeSpec & { readonly logPath: string | undefined },
): ContainerNote {
  const { config, metadata, image, imageId, spec } = made;
  const { uid = 0, gid = 0, additionalGids = [] } = spec.process?.user ?? {};
  return {
    phase: "creating",
    config,
    status: create(ContainerStatusSchema, {
      id,
      metadata,
      state: ContainerState.CONTAINER_CREATED,
      createdAt: nowNs(),
      image: {
        ...image,
        userSpecifiedImage: image.userSpecifiedImage || image.image,
      },
      imageRef: imageId,
      imageId,
      labels: config.labels,
      annotations: config.annotations,
      mounts: [...made.mounts],
      logPath: made.logPath ?? "",
      ...config.linux?.resources &&
        { resources: { linux: config.linux.resources } },
      user: {
        linux: {
          uid: BigInt(uid),
          gid: BigInt(gid),
          supplementalGroups: additionalGids.map(BigInt),
        },
      },
      stopSignal: config.stopSignal,
    }),
  };
}
