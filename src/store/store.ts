/** A store of containers/storage, as it is worked with. */

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
 * Terms: a *record* says that a layer, an image or a container is there, and what it
 * is; records of a kind are a *table*. What they tell of lies beside them: trees of
 * layers, items of images, directories of containers.
 *
 * Life cycle: who works with a store locks the tables that it needs, looks at their
 * records, changes them and what lies beside, saves the records, and lets go. Things
 * are made in an order that a crash cannot confuse: a mark in the record, then what
 * lies beside, then the record without the mark; and removed in the same. So what is
 * there without a mark is whole, and who locks next removes what has one.
 *
 * @see `tests/contracts/store_test.ts`: a store on a disk, and its twin in memory.
 * @example
 * ```ts ignore
 * using held = await store.lock({ layers: "read", images: "write" });
 * putImage(store, held.images, { id, names, layer, digest, items, created });
 * ```
 */
export interface Store {
  /** Where its parts lie. */
  readonly paths: StorePaths;
  /** Undefined if other tools must not use the store meanwhile. */
  readonly libc: Libc | undefined;
  /** What layers are beside their records. */
  readonly layers: LayerStore;
  /** What images are beside theirs. */
  readonly images: ImageStore;
  /** What containers are beside theirs. */
  readonly containers: ContainerStore;
  /** What is needed though no record says so. */
  readonly leases: Leases;
  /**
   * Takes locks in the order that all tools keep, and loads the records. What
   * processes that died left behind is finished or undone first.
   *
   * @throws {StoreBusyError} If a lock is held for longer than the time limit.
   * @throws {DamagedStoreError} If one is wanted for writing, and a table, of
   *   whatever kind, is damaged or in doubt.
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

/** What was locked, and what is wrong with it if it is only to be read. */
export type HeldStore<W extends WantedLocks> = HeldLocks<W> & {
  /** What the records do not name may be somebody's then. */
  readonly faults: readonly TableFault[];
};

/** How to lock a store. */
export interface LockStoreOptions extends Abortable {
  /**
   * `"write"` demands a sound store, though locks are for reading so far;
   * `"read"` also takes tables that are damaged, as far as they go; `"examine"`
   * does so with whatever locks, repairs and finishes nothing, and tells of faults
   * only who locks. Left out, the locks decide, and tables that are wanted must not
   * be damaged.
   */
  readonly purpose?: "examine" | "read" | "write" | undefined;
}
