/**
 * Finds what in a store cannot all be true, before anybody writes to it: a table
 * that was emptied, cut, restored or lost counts as one without records, and then
 * all that it named would seem to be nobody's.
 *
 * What cooperating tools do, whenever they are killed, decides what is normal:
 *
 * - A layer's record is saved before its directory is made, and dropped after the
 *   directory is gone. So a directory that an image, a container or another layer
 *   names has a record; without one, `layers.json` has lost it. Where the directory
 *   is gone, too, one object is damaged, and there is no more to lose.
 * - A container's record is saved before its directory is made, and dropped after.
 *   Other tools make the layer first, which then is empty: a writable layer with
 *   files in it has a container.
 * - An image's items are written before its record is saved, and orlop marks their
 *   directory until then; they are removed after the record is dropped. So one
 *   without record and mark is what a kill leaves of a removal, or a loss. Who wrote
 *   the table last tells: see `record_files.ts`. It is a loss if the table is not as
 *   orlop left it, and if others wrote it, for they leave such a directory for a
 *   moment at most.
 */

import { join } from "@std/path";
import type { StoreRecord } from "../../formats/storage/store_record.ts";
import { isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { isUnfinished } from "../delete_container.ts";
import { isIncomplete } from "../layers/delete_layer.ts";
import type { StorePaths } from "../paths.ts";
import type { Lineage } from "../records/record_cache.ts";
import type { TableView } from "../records/record_files.ts";
import { tablePath, type TableViews } from "../records/tables.ts";
import {
  type Doubt,
  type DoubtOptions,
  findOwnerlessLayers,
  findUnnamed,
  listIds,
} from "./find_unnamed.ts";

/** Finds doubts. The tables hold what is unfinished, too. */
export function findDoubts(
  paths: StorePaths,
  tables: TableViews,
  options: DoubtOptions,
): readonly Doubt[] {
  return [
    ...findTransient(paths, options),
    ...findLostHome(paths, tables),
    ...findContradictions(paths, tables),
    ...findOwnerlessLayers(paths, tables),
    ...findUnnamed(paths, tables, options),
  ];
}

/**
 * What tables say of each other. Those that agreed once do so for as long as nobody
 * but this process changes them, which takes care of it.
 */
function findContradictions(
  paths: StorePaths,
  tables: TableViews,
): readonly Doubt[] {
  const lineages = lineagesOf(tables);
  const [first] = lineages ?? [];
  const known = first === undefined ? undefined : agreeing.get(first);
  if (known?.every((lineage, index) => lineage === lineages?.[index])) {
    return [];
  }
  const found = [
    ...findLostImages(paths, tables),
    ...findBrokenReferences(paths, tables),
    ...findSharedRoots(paths, tables),
  ];
  if (first !== undefined && lineages !== undefined && found.length === 0) {
    agreeing.set(first, lineages);
  }
  return found;
}

/** By the lineage of the layers. */
const agreeing = new WeakMap<Lineage, readonly Lineage[]>();

/** Undefined where one is not known. */
function lineagesOf(
  { layers, images, containers }: TableViews,
): readonly Lineage[] | undefined {
  const all: Lineage[] = [];
  for (const { lineages } of [layers, images, containers]) {
    if (lineages === undefined) return undefined;
    all.push(...lineages);
  }
  return all;
}

/** Its locks lie elsewhere, so its containers are not safe from orlop. */
function findTransient(
  { runContainers }: StorePaths,
  { libc }: DoubtOptions,
): readonly Doubt[] {
  const path = join(runContainers, "volatile-containers.json");
  if (!isThere(path, libc)) return [];
  return [{
    path,
    found: "it is of a tool that was told to use a transient store",
  }];
}

/** A file system of its own that is not mounted, say. */
function findLostHome(
  paths: StorePaths,
  { layers }: TableViews,
): readonly Doubt[] {
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
 * All images with their directories: what containers were made from is gone, but
 * its layers are there. Of an image in another store the layers are there, too.
 */
function findLostImages(
  paths: StorePaths,
  { layers, images, containers }: TableViews,
): readonly Doubt[] {
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

interface Reference {
  /** Such as `image "…"`. */
  readonly user: string;
  readonly id: string | undefined;
}

function findBrokenReferences(
  paths: StorePaths,
  { layers, images, containers }: TableViews,
): readonly Doubt[] {
  const whole = containers.records.filter((record) => !isUnfinished(record));
  const toLayers: readonly Reference[] = [
    ...layers.records.filter((layer) => !isIncomplete(layer))
      .map(({ id, parent }) => ({ user: `layer "${id}"`, id: parent })),
    ...images.records.flatMap(({ id, layer, ...image }) =>
      [layer, ...image["mapped-layers"] ?? []]
        .map((top) => ({ user: `image "${id}"`, id: top }))
    ),
    ...whole.map(({ id, layer }) => ({ user: `container "${id}"`, id: layer })),
  ];
  const toImages = whole.map(({ id, image }) => ({
    user: `container "${id}"`,
    id: image,
  }));
  return [
    ...findLost(toLayers, layers, { what: "layer", directory: paths.home })
      .map((lost) => ({ ...lost, path: tablePath(paths, "layers") })),
    ...findLost(toImages, images, { what: "image", directory: paths.images })
      .map((lost) => ({ ...lost, path: tablePath(paths, "images") })),
  ];
}

function findLost(
  references: readonly Reference[],
  table: TableView<StoreRecord>,
  { what, directory }: { readonly what: string; readonly directory: string },
): readonly Pick<Doubt, "found" | "unnamed">[] {
  return references.flatMap(({ user, id }) => {
    if (!id || table.lookUp(id) !== undefined) return [];
    const unnamed = join(directory, id);
    if (!isThere(unnamed)) return [];
    return [{ found: `it does not name ${what} "${id}" of ${user}`, unnamed }];
  });
}

/**
 * A container's layer is its own: who removes, mounts or unmounts it would do so to
 * whatever else is on it.
 */
function findSharedRoots(
  paths: StorePaths,
  { layers, images, containers }: TableViews,
): readonly Doubt[] {
  const users = new Map<string, string>();
  for (const { id, parent } of layers.records) {
    if (parent) users.set(parent, `layer "${id}"`);
  }
  for (const { id, layer, ...image } of images.records) {
    for (const top of [layer, ...image["mapped-layers"] ?? []]) {
      if (top) users.set(top, `image "${id}"`);
    }
  }
  return containers.records.flatMap(({ id, layer }) => {
    if (!layer) return [];
    const other = users.get(layer);
    users.set(layer, `container "${id}"`);
    if (other === undefined) return [];
    return [{
      path: tablePath(paths, "containers"),
      found: `it says that container "${id}" has layer "${layer}", which ` +
        `${other} has`,
    }];
  });
}
