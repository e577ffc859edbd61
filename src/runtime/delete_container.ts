/** Deletes containers and pods. */

import type { Abortable } from "../abort.ts";
import {
  AmbiguousIdError,
  ContainerNotFoundError,
  InUseError,
  InvalidContainerIdError,
  InvalidSandboxIdError,
} from "../errors.ts";
import type { ContainerId } from "../formats/store_ids.ts";
import type { ContainerRecord } from "../formats/store_record.ts";
import { dropContainer } from "../store/delete_container.ts";
import { choose, findContainer } from "../store/find_container.ts";
import { noteUse } from "../store/image_store.ts";
import type { Staging } from "../store/staging.ts";
import type { HeldLocks } from "../store/tables.ts";
import type { Agent } from "./agent.ts";
import { checkOwner } from "./container_owner.ts";
import { listMembers, readMetadata } from "./list_containers.ts";
import { unmountLayer } from "./mount_layer.ts";

/** What has to be locked around a deletion. */
export const DELETE_LOCKS = {
  storage: "write",
  layers: "write",
  images: "write",
  containers: "write",
} as const;

type DeleteLocks = HeldLocks<typeof DELETE_LOCKS>;

/**
 * Deletes a container: unmounts it, then removes layer, directories, record.
 *
 * @returns Its ID.
 * @throws {InvalidContainerIdError} If `idOrName` is empty.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 */
export async function deleteContainer(
  agent: Agent,
  idOrName: string,
  options: Abortable = {},
): Promise<ContainerId> {
  if (idOrName === "") {
    throw new InvalidContainerIdError(
      `Cannot delete container "": invalid container ID: it is empty`,
    );
  }
  await using trash = agent.store.openStaging();
  using held = await agent.store.lock(DELETE_LOCKS, options);
  const record = findContainer(held.containers, idOrName);
  checkOwner(agent.store, record, { verb: "remove" });
  await dropMounted(agent, held, { record, trash });
  agent.log("debug", `deleted container "${record.id}"`);
  return record.id;
}

/** How to remove a pod. */
export interface RemovePodSandboxOptions extends Abortable {
  /**
   * What becomes of its other containers: they are left alone (the default),
   * or they are a reason to refuse, or they are removed first.
   */
  readonly members?: "keep" | "refuse" | "remove" | undefined;
}

/**
 * Removes a pod's infra container.
 *
 * @param idOrName The pod's ID or name, or a unique prefix of the ID.
 * @returns The IDs of the containers that were removed, the infra one last.
 * @throws {InvalidSandboxIdError} If there is no such pod.
 * @throws {InUseError} If it has members and they are a reason to refuse.
 */
export async function removePodSandbox(
  agent: Agent,
  idOrName: string,
  options: RemovePodSandboxOptions = {},
): Promise<readonly ContainerId[]> {
  await using trash = agent.store.openStaging();
  using held = await agent.store.lock(DELETE_LOCKS, options);
  const infra = findSandbox(held, idOrName);
  const members = listMembers(held.containers, infra.id)
    .filter(({ id }) => id !== infra.id);
  if (members.length > 0 && options.members === "refuse") {
    const names = members.map(({ name }) => name);
    throw new InUseError(
      `Cannot remove pod "${idOrName}": it has containers ` +
        `${names.map((name) => `"${name}"`).join(", ")}; remove them first`,
      names,
    );
  }
  const doomed = options.members === "remove"
    ? [...members.map(({ record }) => record), infra]
    : [infra];
  for (const record of doomed) {
    await dropMounted(agent, held, { record, trash });
    const what = record === infra ? "pod sandbox" : "container";
    agent.log("debug", `deleted ${what} "${record.id}"`);
  }
  return doomed.map(({ id }) => id);
}

function findSandbox(
  { containers }: DeleteLocks,
  idOrName: string,
): ContainerRecord {
  const pods = containers.records
    .filter((record) => readMetadata(record)?.pod === true);
  try {
    return choose(pods, idOrName, { kind: "pod" });
  } catch (error) {
    if (error instanceof AmbiguousIdError) throw error;
    if (!(error instanceof ContainerNotFoundError)) throw error;
    throw new InvalidSandboxIdError(
      `Cannot find pod "${idOrName}": invalid sandbox ID`,
      { cause: error },
    );
  }
}

async function dropMounted(
  agent: Agent,
  held: DeleteLocks,
  { record: { id, image, layer }, trash }: {
    readonly record: ContainerRecord;
    readonly trash: Staging;
  },
): Promise<void> {
  await unmountLayer(agent, held, { layerId: layer, mode: "all" });
  noteUse(held.images, image); // until now, that is
  held.images.save();
  dropContainer(agent.store, held, { id, trash });
}
