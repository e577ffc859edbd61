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
 *
 * Directories are listed only where a table is not as orlop left it.
 */

import { basename, join } from "@std/path";
import type {
  LayerRecord,
  StoreRecord,
} from "../../formats/storage/store_record.ts";
import { isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { isUnfinished } from "../delete_container.ts";
import { isUnrecorded } from "../image_store.ts";
import { isIncomplete } from "../layers/delete_layer.ts";
import type { StorePaths } from "../paths.ts";
import type { TableView } from "../records/record_files.ts";
import type { TableViews } from "../records/tables.ts";

/** A file whose records are in doubt. */
export interface Doubt {
  /** Absolute. */
  readonly path: string;
  /** What speaks against it. */
  readonly found: string;
  /** What is there without a record; absolute. */
  readonly unnamed?: string;
}

/** What nobody else can change while the tables are looked at. */
export interface DoubtOptions {
  /** The kinds whose directories may be listed, and compared with records. */
  readonly settled: ReadonlySet<keyof TableViews>;
}

/** Finds doubts. The tables hold what is unfinished, too. */
export function findDoubts(
  paths: StorePaths,
  tables: TableViews,
  options: DoubtOptions,
): readonly Doubt[] {
  return [
    ...findTransient(paths),
    ...findLostHome(paths, tables),
    ...findLostImages(paths, tables),
    ...findBrokenReferences(paths, tables),
    ...findSharedRoots(paths, tables),
    ...findOwnerlessLayers(paths, tables),
    ...findUnnamed(paths, tables, options),
  ];
}

/** Its locks lie elsewhere, so its containers are not safe from orlop. */
function findTransient({ runContainers }: StorePaths): readonly Doubt[] {
  const path = join(runContainers, "volatile-containers.json");
  if (!isThere(path)) return [];
  return [{
    path,
    found: "it is of a tool that was told to use a transient store",
  }];
}

/** A file system of its own that is not mounted, say. */
function findLostHome(
  { home, links, layers: records }: StorePaths,
  { layers }: TableViews,
): readonly Doubt[] {
  const [first] = layers.records;
  if (first === undefined || isThere(join(home, first.id))) return [];
  const isEmpty = !isThere(join(home, ".has-mount-program")) &&
    listIds(home).length === 0 && listIfDirectory(links).length === 0;
  if (!isEmpty) return [];
  return [{
    path: join(records, "layers.json"),
    found: `it names ${layers.records.length} layers, and "${home}" is ` +
      `empty: its file system may not be mounted`,
  }];
}

/**
 * All images with their directories: what containers were made from is gone, but
 * its layers are there. Of an image in another store the layers are there, too.
 */
function findLostImages(
  { images: directory }: StorePaths,
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
    path: join(directory, "images.json"),
    found: `it names no image, and container "${orphan.id}" was made from one`,
  }];
}

interface Reference {
  /** Such as `image "…"`. */
  readonly user: string;
  readonly id: string | undefined;
}

function findBrokenReferences(
  { home, layers: layersDirectory, images: imagesDirectory }: StorePaths,
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
    ...findLost(toLayers, layers, { what: "layer", directory: home })
      .map((lost) => ({ ...lost, path: join(layersDirectory, "layers.json") })),
    ...findLost(toImages, images, { what: "image", directory: imagesDirectory })
      .map((lost) => ({ ...lost, path: join(imagesDirectory, "images.json") })),
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
  { containers: directory }: StorePaths,
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
      path: join(directory, "containers.json"),
      found: `it says that container "${id}" has layer "${layer}", which ` +
        `${other} has`,
    }];
  });
}

/** Layers that tools call after their container, with files in them. */
function findOwnerlessLayers(
  paths: StorePaths,
  tables: TableViews,
): readonly Doubt[] {
  if (tables.containers.origin === "own") return [];
  return listOwnerless(tables).filter((layer) => holdsOwnFiles(paths, layer))
    .map(({ id, names = [] }) => ({
      path: join(paths.containers, "containers.json"),
      found: `it does not name the container of layer "${names[0]}"`,
      unnamed: join(paths.home, id),
    }));
}

function listOwnerless(
  { layers, containers }: TableViews,
): readonly LayerRecord[] {
  const owned = new Set<string>(containers.records.map(({ layer }) => layer));
  return layers.records.filter(({ id, names = [], ...layer }) =>
    !owned.has(id) && layer["diff-digest"] === undefined &&
    names.some((name) => name.endsWith("-layer"))
  );
}

/** Whether a layer holds what no registry has: files that a container wrote. */
export function holdsOwnFiles(
  { home }: StorePaths,
  layer: LayerRecord,
): boolean {
  return layer["diff-digest"] === undefined && !isIncomplete(layer) &&
    listIfDirectory(join(home, layer.id, "diff")).length > 0;
}

// Whether what a table does not name is something that it has lost.
const IS_LOSS: Readonly<
  Record<keyof TableViews, (tables: TableViews) => boolean>
> = {
  // A transient store leaves layers that its tables in the run root named, until
  // a reboot. These are no loss, but an empty table is.
  layers: ({ layers: { origin, records } }) =>
    origin === "other" ? records.length === 0 : origin !== "own",
  // The first pull of all leaves items before there is a table.
  images: ({ images: { origin } }) => origin !== "own" && origin !== "none",
  // A transient store has no table here, nor layers in the one that is here.
  containers: (tables) => {
    const { origin } = tables.containers;
    if (origin === "none") return listOwnerless(tables).length > 0;
    return origin !== "own";
  },
};

function findUnnamed(
  { home, images, layers, containers }: StorePaths,
  tables: TableViews,
  { settled }: DoubtOptions,
): readonly Doubt[] {
  const isLoss = (kind: keyof TableViews) =>
    settled.has(kind) && IS_LOSS[kind](tables);
  const found = (kind: keyof TableViews, directory: string, file: string) =>
    isLoss(kind)
      ? unnamedIn(directory, { kind, table: tables[kind], file })
      : [];
  return [
    ...found("layers", home, join(layers, "layers.json")),
    ...found("images", images, join(images, "images.json")),
    ...found("containers", containers, join(containers, "containers.json")),
  ];
}

// What shows that a directory is more than a name.
const SIGNS: Readonly<
  Record<keyof TableViews, (directory: string) => readonly string[]>
> = {
  layers: (directory) =>
    listIfDirectory(directory).filter((name) => /^(link|lower)$/.test(name)),
  images: (directory) =>
    isUnrecorded(directory) ? [] : listIfDirectory(directory),
  containers: (directory) => [
    ...listIfDirectory(join(directory, "userdata")),
    ...listIfDirectory(directory).filter((name) => name !== "userdata"),
  ],
};

function unnamedIn(
  directory: string,
  { kind, table, file }: {
    readonly kind: keyof TableViews;
    readonly table: TableView<StoreRecord>;
    readonly file: string;
  },
): readonly Doubt[] {
  return listIds(directory)
    .filter((id) => table.lookUp(id) === undefined)
    .map((id) => join(directory, id))
    .filter((unnamed) => SIGNS[kind](unnamed).length > 0)
    .map((unnamed) => ({
      path: file,
      found: `it does not name ${kind.slice(0, -1)} "${basename(unnamed)}"`,
      unnamed,
    }));
}

function listIds(directory: string): readonly string[] {
  return listIfDirectory(directory).filter((name) =>
    /^[0-9a-f]{64}$/.test(name)
  );
}
