/** The records of a store, and the order in which their locks are taken. */

import { join } from "@std/path";
import { DamagedStoreError } from "../../errors/store_errors.ts";
import type {
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  MountRecord,
  StoreRecord,
} from "../../formats/storage/store_record.ts";
import type { LockKind } from "../../process/libc_files.ts";
import type { StorePaths } from "../paths.ts";
import { acquireLock, HeldLock, type LockOptions } from "./lock.ts";
import { findLockFault } from "./lock_faults.ts";
import { UNLOCKED } from "./lock_file.ts";
import {
  peekTable,
  type TableFault,
  type TableFiles,
  type TableView,
} from "./record_files.ts";
import { RecordTable } from "./record_table.ts";
import type { Records, RecordView } from "./records.ts";
import {
  describeContainers,
  describeImages,
  describeLayers,
  describeMounts,
  lockFilesOf,
  storageLock,
} from "./table_files.ts";

/** The locks that a caller can request. */
export type WantedLocks = Partial<Record<keyof Holdable, LockKind>>;

/**
 * The locks for creating or removing objects: no other process may add references
 * to them.
 */
export const WRITE_LOCKS = {
  storage: "write",
  layers: "write",
  images: "write",
  containers: "write",
} as const satisfies WantedLocks;

/** Those locks, held. */
export type WriteLocks = HeldLocks<typeof WRITE_LOCKS>;

/** The locks for reading everything. */
export const READ_LOCKS = {
  layers: "read",
  images: "read",
  containers: "read",
} as const satisfies WantedLocks;

/** Records of each kind, locked for reading. */
export interface ReadTables {
  /** Of layers. */
  readonly layers: RecordView<LayerRecord>;
  /** Of images. */
  readonly images: RecordView<ImageRecord>;
  /** Of containers. */
  readonly containers: RecordView<ContainerRecord>;
}

/** Records of each kind, locked for writing. */
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
 * The requested locks, held until disposed of. Records that are locked for reading
 * can only be read.
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
  /** Called for a file that cannot be read, which then counts as empty. */
  readonly onDamage?: ((error: DamagedStoreError) => void) | undefined;
}

/**
 * Takes locks and loads records; nothing is repaired.
 *
 * @throws {DamagedStoreError} If a file does not parse, and there is no `onDamage`.
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
          await lockOrTell(storageLock(paths), wanted.storage, options),
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
    // The type is built from the same keys as the members.
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
 * Adds views of the tables that are not held.
 *
 * @throws {DamagedStoreError} If a file of those does not parse, and there is no
 *   `onDamage`.
 */
export function viewTables(
  paths: StorePaths,
  { layers, images, containers }: Partial<ReadTables>,
  how: Pick<LockTablesOptions, "onDamage" | "libc"> = {},
): TableViews {
  // Users are read before layers, so that a concurrent pull does not seem to lack
  // layers.
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
  const lock = await lockOrTell(path, kind, { ...options, onDamage });
  try {
    const { libc } = options;
    return new RecordTable(lock, { ...description, onDamage, libc });
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Locks; where something else is in the lock file's place, nobody can hold it, and
 * what is there can be read.
 *
 * @throws {DamagedStoreError} Then, if nobody is told.
 */
async function lockOrTell(
  path: string,
  kind: LockKind,
  { onDamage, ...options }: LockTablesOptions,
): Promise<HeldLock> {
  try {
    return await acquireLock(path, kind, options);
  } catch (error) {
    const isTold = error instanceof DamagedStoreError && onDamage !== undefined;
    if (!isTold) throw error;
    onDamage(error);
    return new HeldLock(path, kind, UNLOCKED);
  }
}

/** Finds what is wrong with all lock files of a store. */
export function findLockFaults(paths: StorePaths): readonly TableFault[] {
  const { directory, lockName } = describeMounts(paths);
  const all = [
    storageLock(paths),
    join(paths.root, "userns.lock"), // which only other tools take
    ...lockFilesOf(paths),
    join(directory, lockName),
  ];
  return all.flatMap((path) => findLockFault(path) ?? []);
}
