/** Reads and changes the metadata of containers, and finds their directories. */

import type { Abortable } from "../../errors/abort.ts";
import {
  type ContainerMetadata,
  formatContainerMetadata,
} from "../../formats/storage/container_metadata.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import type { ContainerDirectories } from "../../store/container_store.ts";
import { findContainer, findValid } from "../../store/find_container.ts";
import { runDirectory, workDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { checkOwner, ownerOf } from "../container_owner.ts";
import { parseStoredMetadata } from "../parse_stored.ts";

/** New metadata, or how to make it from the old, under the store's lock. */
export type MetadataChange =
  | ContainerMetadata
  | ((old: ContainerMetadata) => ContainerMetadata);

/** Members that must not change: others rely on them. */
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
 * Replaces the whole metadata of a container atomically.
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
  checkOwner(store, record, { verb: "change" });
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
  const record = await find(agent, idOrName, options);
  return directoriesOf(agent, record).dir;
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
  const record = await find(agent, idOrName, options);
  return directoriesOf(agent, record).runDir;
}

/** A container's directories; another tool's are not made if missing. */
export function directoriesOf(
  { store }: Agent,
  record: ContainerRecord,
): ContainerDirectories {
  const { paths } = store;
  const { id } = record;
  if (ownerOf(store, record) !== "orlop") {
    return { dir: workDirectory(paths, id), runDir: runDirectory(paths, id) };
  }
  return store.containers.makeDirectories(id);
}

async function find(
  { store }: Agent,
  idOrName: string,
  options: Abortable,
): Promise<ContainerRecord> {
  using held = await store.lock({ containers: "read" }, options);
  return findValid(held.containers, idOrName, { verb: "find" });
}
