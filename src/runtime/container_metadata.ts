/** Reads and changes what is known of containers, and finds their directories. */

import type { Abortable } from "../abort.ts";
import {
  ContainerNotFoundError,
  InvalidContainerIdError,
  PolicyError,
} from "../errors.ts";
import {
  type ContainerMetadata,
  formatContainerMetadata,
  isOwnMetadata,
} from "../formats/container_metadata.ts";
import type { ContainerId } from "../formats/store_ids.ts";
import {
  ensureRunDirectory,
  ensureWorkDirectory,
  findContainer,
} from "../store/container_store.ts";
import type { Agent } from "./agent.ts";
import { parseStoredMetadata } from "./parse_stored.ts";

/** New metadata, or how to make it from the old, under the store's lock. */
export type MetadataChange =
  | ContainerMetadata
  | ((old: ContainerMetadata) => ContainerMetadata);

/** What a container is and stays: others rely on it. */
const IMMUTABLE = [
  "pod",
  "podName",
  "podId",
  "imageName",
  "imageId",
  "canonicalImageName",
] as const;

/**
 * Reads a container's metadata.
 *
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {DamagedFileError} If the metadata does not parse.
 */
export async function getContainerMetadata(
  { store }: Agent,
  idOrName: string,
  options: Abortable = {},
): Promise<ContainerMetadata> {
  using held = await store.lock({ containers: "read" }, options);
  const record = findContainer(held.containers, idOrName);
  return parseStoredMetadata(held.containers, record);
}

/**
 * Replaces a container's metadata as a whole, in one step.
 *
 * @returns The new metadata.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {DamagedFileError} If the old metadata does not parse.
 * @throws {TypeError} If its pod or its image would change.
 * @throws {PolicyError} If it is another tool's.
 */
export async function setContainerMetadata(
  { store }: Agent,
  idOrName: string,
  options: Abortable & { readonly change: MetadataChange },
): Promise<ContainerMetadata> {
  using held = await store.lock({ containers: "write" }, options);
  const record = findContainer(held.containers, idOrName);
  const old = parseStoredMetadata(held.containers, record);
  if (!isOwnMetadata(record.metadata ?? "")) {
    throw new PolicyError(
      `Cannot change container "${idOrName}": it belongs to another tool`,
    );
  }
  const { change } = options;
  const next = typeof change === "function" ? change(old) : change;
  for (const field of IMMUTABLE) {
    if (next[field] === old[field]) continue;
    throw new TypeError(
      `Cannot change container "${idOrName}": its ${field} is ` +
        `"${old[field]}" and stays so, "${next[field]}" was given`,
    );
  }
  held.containers.update({
    ...record,
    metadata: formatContainerMetadata(next),
  });
  held.containers.save();
  return next;
}

/**
 * The directory of a container that survives reboots; made if missing.
 *
 * @throws {InvalidContainerIdError} If the container is unknown.
 */
export async function getWorkDir(
  agent: Agent,
  idOrName: string,
  options: Abortable = {},
): Promise<string> {
  return ensureWorkDirectory(
    agent.store.paths,
    await resolveId(agent, idOrName, options),
  );
}

/**
 * The directory of a container that a reboot may empty; made if missing.
 *
 * @throws {InvalidContainerIdError} If the container is unknown.
 */
export async function getRunDir(
  agent: Agent,
  idOrName: string,
  options: Abortable = {},
): Promise<string> {
  return ensureRunDirectory(
    agent.store.paths,
    await resolveId(agent, idOrName, options),
  );
}

async function resolveId(
  { store }: Agent,
  idOrName: string,
  options: Abortable,
): Promise<ContainerId> {
  using held = await store.lock({ containers: "read" }, options);
  try {
    return findContainer(held.containers, idOrName).id;
  } catch (error) {
    if (!(error instanceof ContainerNotFoundError)) throw error;
    throw new InvalidContainerIdError(
      `Cannot find container "${idOrName}": invalid container ID`,
      { cause: error },
    );
  }
}
