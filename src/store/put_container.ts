/** Puts containers into a store. */

import {
  DuplicateIdError,
  DuplicateNameError,
} from "../errors/naming_errors.ts";
import {
  type ContainerId,
  parseLayerId,
} from "../formats/storage/store_ids.ts";
import {
  readUserMap,
  toMapMembers,
  type UserMap,
} from "../formats/storage/user_map.ts";
import type {
  ContainerRecord,
  ImageRecord,
} from "../formats/storage/store_record.ts";
import { randomId } from "../fs/random_name.ts";
import type { StagedFiles } from "../fs/staged_files.ts";
import { noteUse } from "./image_records.ts";
import { addLayer } from "./layers/create_layer.ts";
import type { LayerStore } from "./layers/layer_store.ts";
import { HINT } from "./records/record_table.ts";
import type { ReadTables, Tables } from "./records/tables.ts";

/** A container to be put into a store. */
export interface NewContainer {
  readonly id: ContainerId;
  /** Unique among containers; the first also names the layer. */
  readonly names: readonly string[];
  readonly image: ImageRecord;
  /** The owner's text. */
  readonly metadata: string;
  /**
   * The users who own its files.
   *
   * @default {the host's}
   */
  readonly users?: UserMap | undefined;
}

/**
 * orlop's own flag on records of incomplete containers: flags survive when other
 * tools rewrite the records. Its creator holds the locks until the flag is removed,
 * so a flag that is seen was left by a process that died.
 */
export const INCOMPLETE = "orlop-incomplete";

/** A flag beside that one, of containers whose deletion has begun. */
export const REMOVED = "orlop-removed";

/**
 * Checks that a container can be added.
 *
 * @throws {DuplicateIdError} If there is a container of that ID.
 * @throws {DuplicateNameError} If a container, or a layer, has such a name.
 */
export function checkIsFree(
  held: ReadTables,
  { id, names }: Pick<NewContainer, "id" | "names">,
): void {
  if (held.containers.get(id) !== undefined) {
    throw new DuplicateIdError(
      `Cannot create container "${id}": the ID is in use`,
    );
  }
  checkNamesAreFree(held, names);
}

/** @throws {DuplicateNameError} If a container or layer has such a name. */
export function checkNamesAreFree(
  held: Pick<ReadTables, "containers" | "layers">,
  names: readonly string[],
): void {
  for (const name of names) {
    const holder = held.containers.getByName(name);
    if (holder !== undefined) throw duplicateName("container", name, holder.id);
  }
  for (const name of layerNames(names)) {
    const holder = held.layers.getByName(name);
    if (holder !== undefined) throw duplicateName("layer", name, holder.id);
  }
}

/**
 * Adds a container, marked incomplete, and a writable layer on the image's top
 * layer to the records; nothing is saved. Its ID and names must be free. The caller
 * makes the rest, and calls `completeContainers()`, or `deleteContainers()` if
 * anything fails.
 *
 * @param held All three locks, for writing, until then.
 */
export function addContainer(
  held: Tables,
  { id, names, image, metadata, users }: NewContainer,
): ContainerRecord {
  const layer = parseLayerId(randomId());
  const record: ContainerRecord = {
    id,
    names: [...new Set(names)],
    image: image.id,
    layer,
    metadata,
    created: new Date().toISOString(),
    flags: { MountLabel: "", ProcessLabel: "", [INCOMPLETE]: true },
    ...users && toMapMembers(users),
  };
  addLayer(held.layers, {
    id: layer,
    parent: image.layer,
    names: layerNames(names),
    users,
  });
  held.containers.add(record);
  return record;
}

/** Saves records that were added, and makes their layers. */
export function makeContainers(
  store: { readonly layers: LayerStore },
  held: Tables,
  { records, files }: {
    readonly records: readonly ContainerRecord[];
    readonly files: StagedFiles;
  },
): void {
  held.containers.save();
  held.layers.save();
  const layers = records.flatMap(({ layer }) => held.layers.get(layer) ?? []);
  const trees = layers.map((layer) => ({
    ...{ id: layer.id, parent: layer.parent, users: readUserMap(layer) },
  }));
  store.layers.makeTrees(trees, files);
}

/** Removes the marks: from now on the containers exist for all tools. */
export function completeContainers(
  held: Tables,
  ids: readonly ContainerId[],
): void {
  for (const id of ids) {
    const record = held.containers.get(id);
    if (record === undefined) continue;
    noteUse(held.images, record.image);
    const { [INCOMPLETE]: _, ...flags } = { ...record.flags };
    held.containers.update({ ...record, flags });
  }
  held.images.save(HINT);
  held.containers.save();
}

/** The names of a container's layer: those of the container. */
export function layerNames(names: readonly string[]): readonly string[] {
  return names.slice(0, 1).map((name) => `${name}-layer`);
}

function duplicateName(
  kind: "container" | "layer",
  name: string,
  holder: string,
): DuplicateNameError {
  return new DuplicateNameError(
    `Cannot create container: the name "${name}" is in use by ${kind} ` +
      `"${holder}"; ${
        kind === "container" ? "remove that one, or " : ""
      }take another name`,
  );
}
