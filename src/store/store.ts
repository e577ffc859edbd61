/** The interface of a containers/storage store. */

import type { Abortable } from "../errors/abort.ts";
import type { MountRecord } from "../formats/storage/store_record.ts";
import type { Libc } from "../process/libc.ts";
import type { ContainerStore } from "./container_store.ts";
import type { ImageStore } from "./image_store.ts";
import type { LayerStore } from "./layers/layer_store.ts";
import type { Leases } from "./layers/leases.ts";
import type { Staging } from "./layers/staging.ts";
import type { StorePaths } from "./paths.ts";
import type { TableFault } from "./records/record_files.ts";
import type { Records } from "./records/records.ts";
import type { HeldLocks, WantedLocks } from "./records/tables.ts";

/**
 * An open store. It holds nothing between calls, so it need not be closed.
 *
 * Terms: a *record* says that a layer, an image or a container is there, and what
 * it is; records of a kind are a *table*. Beside the tables are trees of layers,
 * items of images, and directories of containers.
 *
 * Life cycle: a caller locks the tables that it needs, reads their records, changes
 * them and the files beside them, saves the records, and releases the locks.
 * Objects are made in an order that survives a crash: first a record with a mark,
 * then the files, then the record without the mark; and they are removed in the
 * same order. So an object without a mark is complete, and the next process that
 * takes the locks removes an object with one.
 *
 * @see `tests/contracts/store_test.ts`: a store on a disk, and one in memory.
 * @example
 * ```ts ignore
 * using held = await store.lock({ layers: "read", images: "write" });
 * putImage(store, held.images, { id, names, layer, digest, items, created });
 * ```
 */
export interface Store {
  /** The paths of its parts. */
  readonly paths: StorePaths;
  /** Without it, other tools must not use the store at the same time. */
  readonly libc: Libc | undefined;
  /** The files of layers. */
  readonly layers: LayerStore;
  /** The items of images. */
  readonly images: ImageStore;
  /** The directories of containers. */
  readonly containers: ContainerStore;
  /** Layers that are needed although no record refers to them. */
  readonly leases: Leases;
  /**
   * Takes locks in the order that all tools use, and loads the records. The work of
   * processes that died is finished or undone first.
   *
   * @throws {StoreBusyError} If a lock is held for longer than the time limit.
   * @throws {DamagedStoreError} If one is requested for writing, and any table is
   *   damaged or inconsistent.
   */
  lock<W extends WantedLocks>(
    wanted: W,
    options?: LockStoreOptions,
  ): Promise<HeldStore<W>>;
  /** Locks the counts of mounts; only while the layers are held. */
  lockMounts(options?: Abortable): Promise<Records<MountRecord>>;
  /** A directory on the same mount as the layers, removed when disposed of. */
  openStaging(): Staging;
}

/** The held locks, and the damage of a store that is only read. */
export type HeldStore<W extends WantedLocks> = HeldLocks<W> & {
  /** If there are any, objects without a record may be in use. */
  readonly faults: readonly TableFault[];
};

/** How to lock a store. */
export interface LockStoreOptions extends Abortable {
  /**
   * `"write"` requires a consistent store, even if the locks are for reading;
   * `"read"` also accepts damaged tables, as far as they can be read; `"examine"`
   * does so with any locks, repairs and finishes nothing, and reports faults only
   * to the caller. If omitted, the locks decide, and the requested tables must not
   * be damaged.
   */
  readonly purpose?: "examine" | "read" | "write" | undefined;
}
