/**
 * Finds inconsistencies in a store before it is written to: a table that was
 * emptied, truncated, restored or lost looks like one without records, and then all
 * that it named would seem unused.
 *
 * The rules follow from what cooperating tools leave, whenever they are killed:
 *
 * - A layer's record is saved before its directory is made, and deleted after the
 *   directory. So a directory that an image, a container or another layer names has
 *   a record; without one, `layers.json` has lost it. If the directory is gone,
 *   too, only that object is damaged.
 * - A container's record is saved before its directory is made, and deleted after
 *   it. Other tools make the layer first, which then is empty: a writable layer
 *   with files in it has a container.
 * - An image's items are written before its record is saved, and orlop marks their
 *   directory until then; they are removed after the record. So a directory without
 *   record and mark is left either by a killed removal or a power cut, or by the
 *   loss of the record. The last writer of the table decides: see `record_files.ts`;
 *   orlop syncs its token before it replaces the table. It is a loss if the table is
 *   not as orlop left it, or if another tool wrote it, since other tools leave such a
 *   directory for a moment at most.
 */

import { join } from "@std/path";
import type { StoreRecord } from "../../formats/storage/store_record.ts";
import { isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { isUnfinished } from "../delete_container.ts";
import { isIncomplete } from "../layers/delete_layer.ts";
import type { StorePaths } from "../paths.ts";
import type { Epoch } from "../records/record_cache.ts";
import type { TableView } from "../records/record_files.ts";
import type { TableViews } from "../records/tables.ts";
import { tablePath } from "../records/table_files.ts";
import { findFalseMarks } from "./find_false_marks.ts";
import {
  findOwnerlessLayers,
  findUnnamed,
  type Inconsistency,
  type InconsistencyOptions,
  listIds,
} from "./find_unnamed.ts";

/** Finds inconsistencies. The tables include incomplete records. */
export function findInconsistencies(
  paths: StorePaths,
  tables: TableViews,
  options: InconsistencyOptions,
): readonly Inconsistency[] {
  return [
    ...findTransient(paths, options),
    ...findLostHome(paths, tables),
    ...findContradictions(paths, tables),
    ...findFalseMarks(paths, tables, options),
    ...findOwnerlessLayers(paths, tables),
    ...findUnnamed(paths, tables, options),
  ];
}

/**
 * Finds contradictions between tables. Tables that were consistent stay so as long
 * as only this process changes them.
 */
function findContradictions(
  paths: StorePaths,
  tables: TableViews,
): readonly Inconsistency[] {
  const epochs = epochsOf(tables);
  const [first] = epochs ?? [];
  const known = first === undefined ? undefined : agreeing.get(first);
  if (known?.every((epoch, index) => epoch === epochs?.[index])) {
    return [];
  }
  const found = [
    ...findLostImages(paths, tables),
    ...findBrokenReferences(paths, tables),
    ...findSharedRoots(paths, tables),
  ];
  if (first !== undefined && epochs !== undefined && found.length === 0) {
    agreeing.set(first, epochs);
  }
  return found;
}

/** Epochs of consistent tables, by the epoch of the layers. */
const agreeing = new WeakMap<Epoch, readonly Epoch[]>();

/** Undefined where one is not known. */
function epochsOf(
  { layers, images, containers }: TableViews,
): readonly Epoch[] | undefined {
  const all: Epoch[] = [];
  for (const { epochs } of [layers, images, containers]) {
    if (epochs === undefined) return undefined;
    all.push(...epochs);
  }
  return all;
}

/**
 * A transient store has its locks elsewhere, so orlop could break its containers.
 */
function findTransient(
  { runContainers }: StorePaths,
  { libc }: InconsistencyOptions,
): readonly Inconsistency[] {
  const path = join(runContainers, "volatile-containers.json");
  if (!isThere(path, libc)) return [];
  return [{
    path,
    found: "it belongs to a tool with a transient store",
  }];
}

/** The home is empty: it may be a file system that is not mounted. */
function findLostHome(
  paths: StorePaths,
  { layers }: TableViews,
): readonly Inconsistency[] {
  const { home, links } = paths;
  const [first] = layers.records;
  if (first === undefined || isThere(join(home, first.id))) return [];
  const isEmpty = !isThere(join(home, ".has-mount-program")) &&
    listIds(home).length === 0 && listIfDirectory(links).length === 0;
  if (!isEmpty) return [];
  return [{
    path: tablePath(paths, "layers"),
    found: `it names ${layers.records.length} layers, and "${home}" is ` +
      `empty: its file system may not be mounted`,
  }];
}

/**
 * Detects that all images with their directories are gone, while a container and
 * its layers are there. An image in another store has its layers there, too.
 */
function findLostImages(
  paths: StorePaths,
  { layers, images, containers }: TableViews,
): readonly Inconsistency[] {
  if (images.records.length > 0) return [];
  const orphan = containers.records.find((container) => {
    const parent = layers.lookUp(container.layer)?.parent ?? "";
    return container.image !== "" && layers.lookUp(parent) !== undefined &&
      !isUnfinished(container);
  });
  if (orphan === undefined) return [];
  return [{
    path: tablePath(paths, "images"),
    found: `it names no image, and container "${orphan.id}" was made from one`,
  }];
}

/** A table that records refer to. */
interface Target {
  readonly kind: "layer" | "image";
  readonly table: TableView<StoreRecord>;
  /** With a directory for each record. */
  readonly directory: string;
  /** Of the table. */
  readonly path: string;
}

function findBrokenReferences(
  paths: StorePaths,
  { layers, images, containers }: TableViews,
): readonly Inconsistency[] {
  const toLayer: Target = {
    ...{ kind: "layer", table: layers, directory: paths.home },
    path: tablePath(paths, "layers"),
  };
  const toImage: Target = {
    ...{ kind: "image", table: images, directory: paths.images },
    path: tablePath(paths, "images"),
  };
  const whole = containers.records.filter((record) => !isUnfinished(record));
  return [
    ...layers.records.flatMap((layer) =>
      isIncomplete(layer)
        ? []
        : findLost(toLayer, layer.parent, ["layer", layer])
    ),
    ...images.records.flatMap((image) =>
      [image.layer, ...image["mapped-layers"] ?? []].flatMap((top) =>
        findLost(toLayer, top, ["image", image])
      )
    ),
    ...whole.flatMap((container) =>
      findLost(toLayer, container.layer, ["container", container])
    ),
    ...whole.flatMap((container) =>
      findLost(toImage, container.image, ["container", container])
    ),
  ];
}

/** A record, and what it is of. */
type User = readonly [kind: string, record: StoreRecord];

// Nothing is put into words until something is lost: with thousands of records that
// takes longer than to look them up.
function findLost(
  { kind, table, directory, path }: Target,
  id: string | undefined,
  user: User,
): readonly Inconsistency[] {
  if (!id || table.lookUp(id) !== undefined) return [];
  const unnamed = join(directory, id);
  if (!isThere(unnamed)) return [];
  const found = `it does not name ${kind} "${id}" of ${describe(user)}`;
  return [{ found, unnamed, path }];
}

function describe([kind, { id }]: User): string {
  return `${kind} "${id}"`;
}

/**
 * A container's layer must not be shared: removing, mounting or unmounting it would
 * affect the other users.
 */
function findSharedRoots(
  paths: StorePaths,
  { layers, images, containers }: TableViews,
): readonly Inconsistency[] {
  const users = new Map<string, User>();
  for (const layer of layers.records) {
    if (layer.parent) users.set(layer.parent, ["layer", layer]);
  }
  for (const image of images.records) {
    for (const top of [image.layer, ...image["mapped-layers"] ?? []]) {
      if (top) users.set(top, ["image", image]);
    }
  }
  return containers.records.flatMap((container) => {
    const { id, layer } = container;
    if (!layer) return [];
    const other = users.get(layer);
    users.set(layer, ["container", container]);
    if (other === undefined) return [];
    return [{
      path: tablePath(paths, "containers"),
      found: `it says that container "${id}" has layer "${layer}", which ` +
        `${describe(other)} has`,
    }];
  });
}
