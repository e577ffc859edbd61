/**
 * Finds objects in a store that no table names, although one must have:
 * `find_inconsistencies.ts` has the rules.
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
import type { TableViews } from "../records/tables.ts";
import { tablePath } from "../records/table_files.ts";

/** A table that contradicts the disk or another table. */
export interface Inconsistency {
  /** Absolute. */
  readonly path: string;
  /** The contradiction. */
  readonly found: string;
  /** The object without a record; absolute. */
  readonly unnamed?: string;
}

/** How to look for inconsistencies. */
export interface InconsistencyOptions {
  /**
   * The kinds whose directories cannot change meanwhile, so that they can be
   * compared with the records.
   */
  readonly stable: ReadonlySet<keyof TableViews>;
  /** With it, a missing file costs no exception. */
  readonly libc?: Libc | undefined;
}

/** Finds non-empty layers that are named after a container which has no record. */
export function findOwnerlessLayers(
  paths: StorePaths,
  tables: TableViews,
): readonly Inconsistency[] {
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

/** Whether a layer holds files that a container wrote, which no registry has. */
export function holdsOwnFiles(
  { home }: StorePaths,
  layer: LayerRecord,
): boolean {
  return layer["diff-digest"] === undefined && !isIncomplete(layer) &&
    listIfDirectory(join(home, layer.id, "diff")).length > 0;
}

// Whether an object without a record is a loss, by kind.
const IS_LOSS: Readonly<
  Record<keyof TableViews, (tables: TableViews) => boolean>
> = {
  // After a reboot, a transient store leaves layers whose records were in the run
  // root. These are no loss, but an empty table is.
  layers: ({ layers: { origin, records } }) =>
    origin === "other" ? records.length === 0 : origin !== "own",
  // The very first pull writes items before there is a table.
  images: ({ images: { origin } }) => origin !== "own" && origin !== "none",
  // A transient store has no table here, nor layers in the one that is here.
  containers: (tables) => {
    const { origin } = tables.containers;
    if (origin === "none") return listOwnerless(tables).length > 0;
    return origin !== "own";
  },
};

/**
 * Finds objects without a record, where that is a loss. Directories are listed only
 * where a table is not as orlop left it.
 */
export function findUnnamed(
  paths: StorePaths,
  tables: TableViews,
  { stable }: InconsistencyOptions,
): readonly Inconsistency[] {
  const isLoss = (kind: keyof TableViews) =>
    stable.has(kind) && IS_LOSS[kind](tables);
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

// The files that prove that a directory is an object of its kind.
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
): readonly Inconsistency[] {
  const isKnown = (name: string) => table.lookUp(name) !== undefined;
  return listIfDirectory(directory)
    .filter((name) => !isKnown(name) && isId(name))
    .map((id) => join(directory, id))
    .filter((unnamed) => SIGNS[kind](unnamed).length > 0)
    .map((unnamed) => ({
      path: file,
      found: `it does not name ${kind.slice(0, -1)} "${basename(unnamed)}"`,
      unnamed,
    }));
}

/** The names in a directory that have the form of an ID. */
export function listIds(directory: string): readonly string[] {
  return listIfDirectory(directory).filter(isId);
}

function isId(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}
