/** Finds records that tables have lost: in backups, and from the files on disk. */

import { join } from "@std/path";
import { isFileName } from "../../formats/storage/store_ids.ts";
import type {
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  StoreRecord,
} from "../../formats/storage/store_record.ts";
import { isDirectoryThere, isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { isUnrecorded } from "../../store/disk_images.ts";
import { isIncomplete } from "../../store/layers/delete_layer.ts";
import {
  layerDirectory,
  type StorePaths,
  workDirectory,
} from "../../store/paths.ts";
import { listFalselyMarked } from "../../store/recovery/find_false_marks.ts";
import { isBeingMade, isUnfinished } from "../../store/delete_container.ts";
import { INCOMPLETE } from "../../store/put_container.ts";
import type { RecordView } from "../../store/records/records.ts";
import type { ReadTables } from "../../store/records/tables.ts";
import { peekBackups } from "../../store/records/table_backups.ts";
import { proveImage, rebuildImage, rebuildLayer } from "./rebuild_records.ts";

/** A kind of records. */
export type Kind = keyof ReadTables;

/** Records that a table lacks. */
export interface Additions<R extends StoreRecord> {
  readonly fromBackup: readonly R[];
  readonly fromDisk: readonly R[];
}

/** Those of each kind. */
export interface LostRecords {
  readonly layers: Additions<LayerRecord>;
  readonly images: Additions<ImageRecord>;
  readonly containers: Additions<ContainerRecord>;
}

const NOTHING = { fromBackup: [], fromDisk: [] };

/**
 * Finds lost records.
 *
 * @param broken The kinds that may have lost records.
 */
export function findLostRecords(
  paths: StorePaths,
  held: ReadTables,
  broken: readonly Kind[],
): LostRecords {
  const backups = peekBackups(paths);
  const images = broken.includes("images")
    ? findImages(paths, held, backups.images)
    : NOTHING;
  const containers = broken.includes("containers")
    ? findContainers(paths, held, backups.containers)
    : NOTHING;
  const layers = broken.includes("layers")
    ? findLayers(paths, held, {
      backup: backups.layers,
      images,
      containers: listAll(held.containers.records, containers),
    })
    : NOTHING;
  return { images, containers, layers };
}

/** The present records and the restored ones, which replace those of the same ID. */
export function listAll<R extends StoreRecord>(
  records: readonly R[],
  { fromBackup, fromDisk }: Additions<R>,
): readonly R[] {
  const restored = [...fromBackup, ...fromDisk];
  const ids = new Set<string>(restored.map(({ id }) => id));
  return [...records.filter(({ id }) => !ids.has(id)), ...restored];
}

/** Those of the backup, and those that only seem to be incomplete. */
function findContainers(
  paths: StorePaths,
  { containers }: ReadTables,
  backup: readonly ContainerRecord[],
): Additions<ContainerRecord> {
  const finish = (record: ContainerRecord) => finishIfWhole(paths, record);
  return {
    ...takeBackup(containers, backup.map(finish), paths.containers),
    fromDisk: containers.records.filter(isBeingMade).map(finish)
      .filter((container) => !isUnfinished(container)),
  };
}

/**
 * A container that was incomplete in the backup was completed since if all of it is
 * there, or files that it wrote. With its mark it would be removed.
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

/** Records of the backup that still have their directory. */
function takeBackup<R extends StoreRecord>(
  table: RecordView<R>,
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
  { images }: ReadTables,
  backup: readonly ImageRecord[],
): Additions<ImageRecord> {
  // A name that another image has now has moved since the backup.
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
  { layers, ...held }: ReadTables,
  { backup, images, containers }: {
    readonly backup: readonly LayerRecord[];
    readonly images: Additions<ImageRecord>;
    readonly containers: readonly ContainerRecord[];
  },
): Additions<LayerRecord> {
  // Only the files on disk prove whether one was completed since.
  const finished = backup.filter((layer) => !isIncomplete(layer));
  const known = takeBackup(layers, finished, paths.home);
  const others = listUnnamed(paths.home, layers, known);
  const marked = listFalselyMarked(
    layers.records,
    listAll(held.images.records, images),
  );
  if (others.length + marked.length === 0) return known;
  const proofs = {
    images: listAll(held.images.records, images)
      .flatMap(({ id }) => proveImage(paths, id) ?? []),
    containers,
  };
  return {
    ...known,
    fromDisk: [
      ...others.flatMap((id) => rebuildLayer(paths, id, proofs) ?? []),
      ...marked.flatMap(({ id, user: _user, flags, ...layer }) => {
        const { incomplete: _mark, ...others } = { ...flags };
        return rebuildLayer(paths, id, proofs) === undefined
          ? []
          : [{ ...layer, id, flags: others }];
      }),
    ],
  };
}

/** Directories without a record. */
function listUnnamed<R extends StoreRecord>(
  directory: string,
  table: RecordView<R>,
  { fromBackup }: Additions<R>,
): readonly string[] {
  const known = new Set<string>(fromBackup.map(({ id }) => id));
  return listIfDirectory(directory).filter((name) =>
    /^[0-9a-f]{64}$/.test(name) && !known.has(name) &&
    table.lookUp(name) === undefined
  );
}
