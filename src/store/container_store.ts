/** Containers in a store: their records, layers and directories. */

import { chmodSync, mkdirSync } from "node:fs";
import {
  ContainerNotFoundError,
  DuplicateIdError,
  DuplicateNameError,
} from "../errors.ts";
import type { ContainerRecord, ImageRecord } from "../formats/store_record.ts";
import { randomId } from "../fs/random_name.ts";
import { createLayer } from "./create_layer.ts";
import { dropLayer } from "./delete_layer.ts";
import { runDirectory, type StorePaths, workDirectory } from "./paths.ts";
import type { RecordTable } from "./record_table.ts";
import type { Staging } from "./staging.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";

/** A container to be put into a store. */
export interface NewContainer {
  /** Left out, one is invented. */
  readonly id?: string | undefined;
  /** Unique among containers; the first also names the layer. */
  readonly names: readonly string[];
  readonly image: ImageRecord;
  /** The owner's text. */
  readonly metadata: string;
  /** Takes the files of what has to be undone. */
  readonly trash: Staging;
}

/**
 * Puts a container into a store: a writable layer on the image's top layer,
 * then the record.
 *
 * @param held All three locks, for writing.
 * @throws {DuplicateIdError} If there is a container of that ID.
 * @throws {DuplicateNameError} If a container, or a layer, has that name.
 */
export function putContainer(
  store: Store,
  held: Tables,
  { id = randomId(), names, image, metadata, trash }: NewContainer,
): ContainerRecord {
  const layerNames = names.slice(0, 1).map((name) => `${name}-layer`);
  checkIsFree(held, id, names);
  checkLayerNames(held, layerNames);
  const layer = createLayer(store, held.layers, {
    id: randomId(),
    parent: image.layer,
    names: layerNames,
  });
  try {
    const record: ContainerRecord = {
      id,
      names,
      image: image.id,
      layer: layer.id,
      metadata,
      created: new Date().toISOString(),
      flags: { MountLabel: "", ProcessLabel: "" },
    };
    held.containers.add(record);
    held.containers.save();
    return record;
  } catch (error) {
    dropLayer(store, held.layers, { id: layer.id, trash });
    throw error;
  }
}

/**
 * Finds a container by full ID, name, ID of its own layer, or unique prefix
 * of its ID.
 *
 * @throws {ContainerNotFoundError} If there is none, or the prefix is of many.
 */
export function findContainer(
  containers: RecordTable<ContainerRecord>,
  idOrName: string,
): ContainerRecord {
  const found = containers.get(idOrName) ?? containers.getByName(idOrName) ??
    containers.records.find(({ layer }) =>
      layer !== "" && layer === idOrName
    ) ??
    containers.getByPrefix(idOrName);
  if (found !== undefined) return found;
  throw new ContainerNotFoundError(
    `Cannot find container "${idOrName}": no container has this name or ID`,
  );
}

/** A container's directory that survives reboots; made if missing. */
export function ensureWorkDirectory(paths: StorePaths, id: string): string {
  return ensureDirectory(workDirectory(paths, id));
}

/** A container's directory that reboots may empty; made if missing. */
export function ensureRunDirectory(paths: StorePaths, id: string): string {
  return ensureDirectory(runDirectory(paths, id));
}

function ensureDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  return path;
}

function checkIsFree(
  { containers }: Tables,
  id: string,
  names: readonly string[],
): void {
  if (containers.get(id) !== undefined) {
    throw new DuplicateIdError(
      `Cannot create container "${id}": the ID is in use`,
    );
  }
  for (const name of names) {
    const holder = containers.getByName(name);
    if (holder === undefined) continue;
    throw new DuplicateNameError(
      `Cannot create container "${name}": the name is in use by "${holder.id}"`,
    );
  }
}

function checkLayerNames({ layers }: Tables, names: readonly string[]): void {
  for (const name of names) {
    const holder = layers.getByName(name);
    if (holder === undefined) continue;
    throw new DuplicateNameError(
      `Cannot name a layer "${name}": layer "${holder.id}" has this name`,
    );
  }
}
