/** The records of a store, and the order in which their locks are taken. */

import { join } from "@std/path";
import type { DamagedStoreError } from "../../errors/store_errors.ts";
import {
  type ContainerRecord,
  type ImageRecord,
  type LayerRecord,
  type MountRecord,
  parseContainerRecords,
  parseImageRecords,
  parseLayerRecords,
  parseMountRecords,
  type StoreRecord,
} from "../../formats/storage/store_record.ts";
import { readText } from "../../fs/if_there.ts";
import type { LockKind } from "../../process/libc_files.ts";
import type { StorePaths } from "../paths.ts";
import { acquireLock, type HeldLock, type LockOptions } from "./lock.ts";
import { RecordCache } from "./record_cache.ts";
import {
  backupOf,
  peekTable,
  type TableFiles,
  type TableView,
} from "./record_files.ts";
import { RecordTable } from "./record_table.ts";
import type { Records, RecordView } from "./records.ts";

/** The locks that a caller may want. */
export type WantedLocks = Partial<Record<keyof Holdable, LockKind>>;

/** What whoever makes or removes things wants: others must not refer to them. */
export const WRITE_LOCKS = {
  storage: "write",
  layers: "write",
  images: "write",
  containers: "write",
} as const satisfies WantedLocks;

/** They, held. */
export type WriteLocks = HeldLocks<typeof WRITE_LOCKS>;

/** What whoever looks at everything wants. */
export const READ_LOCKS = {
  layers: "read",
  images: "read",
  containers: "read",
} as const satisfies WantedLocks;

/** Records of each kind, held to be looked at. */
export interface ReadTables {
  /** Of layers. */
  readonly layers: RecordView<LayerRecord>;
  /** Of images. */
  readonly images: RecordView<ImageRecord>;
  /** Of containers. */
  readonly containers: RecordView<ContainerRecord>;
}

/** Records of each kind, held to be changed. */
export interface Tables extends ReadTables {
  /** Of layers. */
  readonly layers: Records<LayerRecord>;
  /** Of images. */
  readonly images: Records<ImageRecord>;
  /** Of containers. */
  readonly containers: Records<ContainerRecord>;
}

/** All that can be locked. */
export interface Holdable extends Tables {
  /** The lock of the store as a whole: for mounts. */
  readonly storage: Pick<HeldLock, "writeToken">;
}

/**
 * What was wanted, held until it is disposed of. What was wanted for reading can
 * only be read.
 */
export type HeldLocks<W extends WantedLocks> =
  & {
    readonly [K in keyof W & keyof Holdable]: W[K] extends "write" ? Holdable[K]
      : K extends keyof ReadTables ? ReadTables[K]
      : unknown;
  }
  & Disposable;

/** How to lock tables. */
export interface LockTablesOptions extends LockOptions {
  /** Told of a file that cannot be read, which then counts as empty. */
  readonly onDamage?: ((error: DamagedStoreError) => void) | undefined;
}

/**
 * Takes locks and loads records; nothing is repaired.
 *
 * @throws {DamagedStoreError} If a file does not parse, and nobody is told.
 */
export async function lockTables<W extends WantedLocks>(
  paths: StorePaths,
  wanted: W,
  options: LockTablesOptions,
): Promise<HeldLocks<W>> {
  const held = new DisposableStack();
  try {
    const got: Partial<Holdable> = {
      ...(wanted.storage && {
        storage: held.use(
          await acquireLock(storageLock(paths), wanted.storage, options),
        ),
      }),
      ...(wanted.layers && {
        layers: held.use(
          await lockTable(describeLayers(paths), wanted.layers, options),
        ),
      }),
      ...(wanted.images && {
        images: held.use(
          await lockTable(describeImages(paths), wanted.images, options),
        ),
      }),
      ...(wanted.containers && {
        containers: held.use(
          await lockTable(
            describeContainers(paths),
            wanted.containers,
            options,
          ),
        ),
      }),
    };
    const stack = held.move();
    // The members were chosen by the same keys that the type is made from.
    return Object.assign(got, {
      [Symbol.dispose]: () => stack.dispose(),
    }) as HeldLocks<W>;
  } catch (error) {
    held.dispose();
    throw error;
  }
}

/** Locks and loads the counts of mounts. */
export function lockMountCounts(
  paths: StorePaths,
  options: LockOptions,
): Promise<Records<MountRecord>> {
  return lockTable(describeMounts(paths), "write", options);
}

/** The records of all kinds, whether they are held or not. */
export type TableViews = {
  readonly [K in keyof ReadTables]: TableView<
    ReadTables[K] extends RecordView<infer R> ? R : never
  >;
};

/**
 * Completes what is held by a look at the rest.
 *
 * @throws {DamagedStoreError} If a file of the rest does not parse, and nobody is
 *   told.
 */
export function viewTables(
  paths: StorePaths,
  { layers, images, containers }: Partial<ReadTables>,
  how: Pick<LockTablesOptions, "onDamage" | "libc"> = {},
): TableViews {
  // What is used last, so that a pull that goes on does not seem to lack layers.
  return {
    containers: containers ??
      peekTable({ ...describeContainers(paths), ...how }),
    images: images ?? peekTable({ ...describeImages(paths), ...how }),
    layers: layers ?? peekTable({ ...describeLayers(paths), ...how }),
  };
}

/** @throws {DamagedStoreError} If the counts of mounts do not parse. */
export function checkMountCounts(
  paths: StorePaths,
  { libc }: Pick<LockTablesOptions, "libc"> = {},
): void {
  peekTable({ ...describeMounts(paths), libc });
}

async function lockTable<R extends StoreRecord>(
  description: TableFiles<R>,
  kind: LockKind,
  { onDamage, ...options }: LockTablesOptions,
): Promise<Records<R>> {
  const path = join(description.directory, description.lockName);
  const lock = await acquireLock(path, kind, options);
  try {
    const { libc } = options;
    return new RecordTable(lock, { ...description, onDamage, libc });
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** The lock files of the records. */
export function lockFilesOf(paths: StorePaths): readonly string[] {
  return [
    describeLayers(paths),
    describeImages(paths),
    describeContainers(paths),
  ]
    .map(({ directory, lockName }) => join(directory, lockName));
}

function storageLock({ root }: StorePaths): string {
  return join(root, "storage.lock");
}

/** The records that each table had before its last change, as far as kept. */
export function peekBackups(
  paths: StorePaths,
): { readonly [K in keyof Tables]: TableViews[K]["records"] } {
  return {
    layers: readBackup(describeLayers(paths)),
    images: readBackup(describeImages(paths)),
    containers: readBackup(describeContainers(paths)),
  };
}

function readBackup<R extends StoreRecord>(
  { directory, files: [first], parse }: TableFiles<R>,
): readonly R[] {
  try {
    return parse(readText(backupOf(join(directory, first))));
  } catch {
    return []; // none, or a damaged one: it proves nothing then
  }
}

/** The file that new records of a kind are in. */
export function tablePath(paths: StorePaths, kind: keyof Tables): string {
  return join(paths[kind], `${kind}.json`);
}

const CACHES = {
  layers: new RecordCache<LayerRecord>(),
  images: new RecordCache<ImageRecord>(),
  containers: new RecordCache<ContainerRecord>(),
  mounts: new RecordCache<MountRecord>(),
};

function describeLayers({ layers }: StorePaths): TableFiles<LayerRecord> {
  return {
    directory: layers,
    lockName: "layers.lock",
    files: ["layers.json", "volatile-layers.json"],
    parse: parseLayerRecords,
    cache: CACHES.layers,
    backups: "keep",
  };
}

function describeImages({ images }: StorePaths): TableFiles<ImageRecord> {
  return {
    directory: images,
    lockName: "images.lock",
    files: ["images.json"],
    parse: parseImageRecords,
    cache: CACHES.images,
    backups: "keep",
  };
}

function describeContainers(
  { containers }: StorePaths,
): TableFiles<ContainerRecord> {
  return {
    directory: containers,
    lockName: "containers.lock",
    files: ["containers.json", "volatile-containers.json"],
    parse: parseContainerRecords,
    cache: CACHES.containers,
    backups: "keep",
  };
}

function describeMounts({ runLayers }: StorePaths): TableFiles<MountRecord> {
  return {
    directory: runLayers,
    lockName: "mountpoints.lock",
    files: ["mountpoints.json"],
    parse: parseMountRecords,
    // It goes with a reboot: then nothing is mounted.
    advice: "reboot, or unmount what is mounted in the store and remove it",
    cache: CACHES.mounts,
  };
}
