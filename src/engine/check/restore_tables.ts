/**
 * Restores tables of records that are damaged or have lost records: from what they
 * were before, as far as the disk confirms it, and from what the disk and the
 * other tables prove. A table that would still be in doubt is left as it is.
 */

import { dirname, join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type {
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  StoreRecord,
} from "../../formats/storage/store_record.ts";
import { isFileName } from "../../formats/storage/store_ids.ts";
import { isDirectoryThere, isNameThere, isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { syncDirectory } from "../../fs/sync.ts";
import { INCOMPLETE } from "../../store/put_container.ts";
import { isUnrecorded } from "../../store/disk_images.ts";
import { isIncomplete } from "../../store/layers/delete_layer.ts";
import {
  layerDirectory,
  type StorePaths,
  workDirectory,
} from "../../store/paths.ts";
import type { TableView } from "../../store/records/record_files.ts";
import type { Records } from "../../store/records/records.ts";
import {
  peekBackups,
  tablePath,
  type Tables,
  WRITE_LOCKS,
} from "../../store/records/tables.ts";
import { listDoubts } from "../../store/recovery/check_store.ts";
import type { Doubt } from "../../store/recovery/find_unnamed.ts";
import { findDoubts } from "../../store/recovery/find_doubts.ts";
import type { HeldStore } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { proveImage, rebuildImage, rebuildLayer } from "./rebuild_records.ts";

/** What comes, or would come, of restoring a table. */
export interface RestoredTable {
  /** The file; absolute. */
  readonly path: string;
  /** IDs of the records that it gets back from what it was before. */
  readonly fromBackup: readonly string[];
  /** IDs of the records that are made again. */
  readonly fromDisk: readonly string[];
  /** What still speaks against it; then it is left as it is. */
  readonly doubt: string | undefined;
  /** Where the damaged file is now; undefined if there was none, or it stays. */
  readonly kept: string | undefined;
}

/** How to restore tables. */
export interface RestoreOptions extends Abortable {
  /** `"plan"` only tells. */
  readonly action: "plan" | "repair";
}

type Held = HeldStore<typeof WRITE_LOCKS>;
type Kind = keyof Tables;

/** Records that a table lacks. */
interface Additions<R extends StoreRecord> {
  readonly fromBackup: readonly R[];
  readonly fromDisk: readonly R[];
}

interface Found {
  readonly layers: Additions<LayerRecord>;
  readonly images: Additions<ImageRecord>;
  readonly containers: Additions<ContainerRecord>;
}

/** What is needed first comes first. */
const KINDS: readonly Kind[] = ["images", "containers", "layers"];
const NOTHING = { fromBackup: [], fromDisk: [] };

/** Restores those that need it. */
export async function restoreTables(
  { store, log }: Agent,
  { action, signal }: RestoreOptions,
): Promise<readonly RestoredTable[]> {
  const { paths } = store;
  const options = { signal, purpose: "examine" } as const;
  using held = await store.lock(WRITE_LOCKS, options);
  const broken = findBroken(paths, held);
  const found = findAdditions(paths, held, broken);
  const doubts = doubtsOf(paths, held, found);
  return broken.map((kind) => {
    const path = tablePath(paths, kind);
    const doubt = doubts.find((doubt) => doubt.path === path)?.found;
    const kept = action === "repair" && doubt === undefined
      ? keepAside(path, found[kind])
      : undefined;
    if (action === "repair" && doubt === undefined) {
      put(held, kind, found);
      log("info", `restored "${path}"`);
    }
    const { fromBackup, fromDisk } = found[kind];
    return {
      path,
      fromBackup: fromBackup.map(({ id }) => id),
      fromDisk: fromDisk.map(({ id }) => id),
      doubt,
      kept,
    };
  });
}

function findBroken(paths: StorePaths, held: Held): readonly Kind[] {
  const doubts = listDoubts(paths, { wanted: WRITE_LOCKS, held });
  return KINDS.filter((kind) => {
    const path = tablePath(paths, kind);
    return doubts.some((doubt) => doubt.path === path) ||
      held.faults.some((fault) => fault.path === path);
  });
}

function findAdditions(
  paths: StorePaths,
  held: Held,
  broken: readonly Kind[],
): Found {
  const backups = peekBackups(paths);
  const images = broken.includes("images")
    ? findImages(paths, held, backups.images)
    : NOTHING;
  const containers = broken.includes("containers")
    ? takeBackup(
      held.containers,
      backups.containers.map((record) => finishIfWhole(paths, record)),
      paths.containers,
    )
    : NOTHING;
  const layers = broken.includes("layers")
    ? findLayers(paths, held, {
      backup: backups.layers,
      images: listAll(held.images.records, images).map(({ id }) => id),
      containers: listAll(held.containers.records, containers),
    })
    : NOTHING;
  return { images, containers, layers };
}

function listAll<R extends StoreRecord>(
  records: readonly R[],
  { fromBackup, fromDisk }: Additions<R>,
): readonly R[] {
  return [...records, ...fromBackup, ...fromDisk];
}

/**
 * A container that was being made at the time of the backup has been made since, if
 * all of it is there, or files that it wrote. With its mark it would be removed.
 */
function finishIfWhole(
  paths: StorePaths,
  record: ContainerRecord,
): ContainerRecord {
  const diff = join(layerDirectory(paths, record.layer), "diff");
  const isWhole = listIfDirectory(diff).length > 0 ||
    isDirectoryThere(diff) &&
      isThere(join(workDirectory(paths, record.id), "config.json"));
  if (!isWhole) return record;
  const { [INCOMPLETE]: _mark, ...flags } = { ...record.flags };
  return { ...record, flags };
}

/** What was there before, and still has its directory. */
function takeBackup<R extends StoreRecord>(
  table: Records<R>,
  backup: readonly R[],
  directory: string,
): Additions<R> {
  return {
    fromBackup: backup.filter(({ id }) =>
      isFileName(id) && table.lookUp(id) === undefined &&
      isDirectoryThere(join(directory, id))
    ),
    fromDisk: [],
  };
}

function findImages(
  paths: StorePaths,
  { images }: Held,
  backup: readonly ImageRecord[],
): Additions<ImageRecord> {
  // One that another image has now has moved there since the backup.
  const taken = new Set(images.records.flatMap(({ names = [] }) => names));
  const free = backup.map(({ names = [], ...record }) => ({
    ...record,
    names: names.filter((name) => !taken.has(name)),
  }));
  const known = takeBackup(images, free, paths.images);
  const others = listUnnamed(paths.images, images, known)
    .filter((id) => !isUnrecorded(join(paths.images, id)));
  return {
    ...known,
    fromDisk: others.flatMap((id) => rebuildImage(paths, id) ?? []),
  };
}

function findLayers(
  paths: StorePaths,
  { layers }: Held,
  { backup, images, containers }: {
    readonly backup: readonly LayerRecord[];
    readonly images: readonly string[];
    readonly containers: readonly ContainerRecord[];
  },
): Additions<LayerRecord> {
  // Whether one has been finished since, only what is on the disk can prove.
  const finished = backup.filter((layer) => !isIncomplete(layer));
  const known = takeBackup(layers, finished, paths.home);
  const others = listUnnamed(paths.home, layers, known);
  if (others.length === 0) return known;
  const proofs = {
    images: images.flatMap((id) => proveImage(paths, id) ?? []),
    containers,
  };
  return {
    ...known,
    fromDisk: others.flatMap((id) => rebuildLayer(paths, id, proofs) ?? []),
  };
}

/** Directories without a record. */
function listUnnamed<R extends StoreRecord>(
  directory: string,
  table: Records<R>,
  { fromBackup }: Additions<R>,
): readonly string[] {
  const known = new Set<string>(fromBackup.map(({ id }) => id));
  return listIfDirectory(directory).filter((name) =>
    /^[0-9a-f]{64}$/.test(name) && !known.has(name) &&
    table.lookUp(name) === undefined
  );
}

/** What would still be in doubt with these records, each directory compared. */
function doubtsOf(
  paths: StorePaths,
  { layers, images, containers }: Held,
  found: Found,
): readonly Doubt[] {
  return findDoubts(paths, {
    layers: view(layers, found.layers),
    images: view(images, found.images),
    containers: view(containers, found.containers),
  }, { settled: new Set(KINDS) });
}

function view<R extends StoreRecord>(
  table: Records<R>,
  additions: Additions<R>,
): TableView<R> {
  const records = listAll(table.records, additions);
  const byId = new Map<string, R>(records.map((r) => [r.id, r]));
  return { records, lookUp: (text) => byId.get(text), origin: "changed" };
}

function put(held: Held, kind: Kind, found: Found): void {
  switch (kind) {
    case "layers":
      return putAll(held.layers, found.layers);
    case "images":
      return putAll(held.images, found.images);
    case "containers":
      return putAll(held.containers, found.containers);
  }
}

function putAll<R extends StoreRecord>(
  table: Records<R>,
  { fromBackup, fromDisk }: Additions<R>,
): void {
  for (const record of [...fromBackup, ...fromDisk]) table.add(record);
  table.save({ before: "doubted" });
}

/**
 * So that nothing is lost, whatever the file was. It stays in its place, too, until
 * the new one replaces it: without any, a kill or a full disk in between would
 * leave a store that seems to have had no records.
 */
function keepAside(
  path: string,
  { fromBackup, fromDisk }: Additions<StoreRecord>,
): string | undefined {
  if (!isNameThere(path)) {
    return undefined;
  }
  const time = new Date().toISOString().replaceAll(":", "");
  const kept = `${path}.damaged-${time}`;
  const isReplaced = fromBackup.length + fromDisk.length > 0;
  // A directory has no second name, and no file replaces it.
  if (isReplaced && !isDirectoryThere(path)) Deno.linkSync(path, kept);
  else Deno.renameSync(path, kept);
  syncDirectory(dirname(path));
  return kept;
}
