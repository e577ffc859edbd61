/**
 * Finds what lies in a store and is named by no table, though it must have been:
 * `find_doubts.ts` says what tools leave, whenever they are killed.
 */

import { basename, join } from "@std/path";
import type {
  LayerRecord,
  StoreRecord,
} from "../../formats/storage/store_record.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import type { Libc } from "../../process/libc.ts";
import { isUnrecorded } from "../disk_images.ts";
import { isIncomplete } from "../layers/delete_layer.ts";
import type { StorePaths } from "../paths.ts";
import type { TableView } from "../records/record_files.ts";
import { tablePath, type TableViews } from "../records/tables.ts";

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
  /** With it, what is missing costs no error. */
  readonly libc?: Libc | undefined;
}

/** Layers that tools call after their container, with files in them. */
export function findOwnerlessLayers(
  paths: StorePaths,
  tables: TableViews,
): readonly Doubt[] {
  if (tables.containers.origin === "own") return [];
  return listOwnerless(tables).filter((layer) => holdsOwnFiles(paths, layer))
    .map(({ id, names = [] }) => ({
      path: tablePath(paths, "containers"),
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

/**
 * Finds what a table does not name though it is there, where that is a loss.
 * Directories are listed only where a table is not as orlop left it.
 */
export function findUnnamed(
  paths: StorePaths,
  tables: TableViews,
  { settled }: DoubtOptions,
): readonly Doubt[] {
  const isLoss = (kind: keyof TableViews) =>
    settled.has(kind) && IS_LOSS[kind](tables);
  const found = (kind: keyof TableViews, directory: string) => {
    const file = tablePath(paths, kind);
    return isLoss(kind)
      ? unnamedIn(directory, { kind, table: tables[kind], file })
      : [];
  };
  return [
    ...found("layers", paths.home),
    ...found("images", paths.images),
    ...found("containers", paths.containers),
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

/** What in a directory is called as an object is. */
export function listIds(directory: string): readonly string[] {
  return listIfDirectory(directory).filter((name) =>
    /^[0-9a-f]{64}$/.test(name)
  );
}
