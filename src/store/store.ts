/** A store of containers/storage, open. */

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "@std/path";
import type { Abortable } from "../abort.ts";
import { UnsupportedStoreError } from "../errors.ts";
import type { MountRecord } from "../formats/store_record.ts";
import type { Libc } from "../process/libc.ts";
import { isIncomplete } from "./delete_layer.ts";
import { isUnfinished } from "./delete_container.ts";
import { finishDeletions } from "./finish_deletions.ts";
import type { LockOptions } from "./lock.ts";
import { layOut, type StoreLocation, type StorePaths } from "./paths.ts";
import type { RecordTable } from "./record_table.ts";
import {
  openStaging,
  type Staging,
  sweepStaging,
  type SweptStaging,
} from "./staging.ts";
import {
  type HeldLocks,
  lockMountCounts,
  lockTables,
  type WantedLocks,
} from "./tables.ts";
import { whyOf } from "../why.ts";

/** An open store. It holds nothing between calls, so it need not be closed. */
export interface Store {
  /** Where its parts lie. */
  readonly paths: StorePaths;
  /** Undefined if other tools must not use the store meanwhile. */
  readonly libc: Libc | undefined;
  /**
   * Takes locks in the order that all tools keep, and loads the records. What
   * processes that died left behind is finished or undone first.
   *
   * @throws {StoreBusyError} If a lock is held for longer than the time limit.
   */
  lock<W extends WantedLocks>(
    wanted: W,
    options?: Abortable,
  ): Promise<HeldLocks<W>>;
  /** Locks the counts of mounts; only while the layers are held. */
  lockMounts(options?: Abortable): Promise<RecordTable<MountRecord>>;
  /** A directory on the same mount as the layers, removed when disposed of. */
  openStaging(): Staging;
}

/** How to open a store. */
export interface StoreOptions extends StoreLocation {
  /** What binds to the locks of other tools; without it, only orlop's own. */
  readonly libc?: Libc | undefined;
  /** How long to wait for a lock, in milliseconds; left out, for ever. */
  readonly lockTimeoutMs?: number | undefined;
  /** Told what a caller should know but need not act on. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Opens a store, making it if it is new.
 *
 * @throws {UnsupportedStoreError} If orlop must not touch it.
 */
export function openStore(options: StoreOptions): Store {
  const { libc, lockTimeoutMs, onWarning } = options;
  const paths = layOut(options);
  checkLocation(paths);
  makeDirectories(paths);
  // Staging must share a mount with the layers, and the home may be its own.
  const stagingParent = join(paths.home, "tempdirs");
  for (const parent of [stagingParent, paths.staging]) {
    for (const swept of sweepStaging(parent, libc)) {
      onWarning?.(describeSwept(swept));
    }
  }
  const store: Store = {
    paths,
    libc,
    lock: (wanted, { signal } = {}) =>
      lockWhole(store, wanted, waitOptions(signal)),
    lockMounts: ({ signal } = {}) =>
      lockMountCounts(paths, waitOptions(signal)),
    openStaging: () => openStaging(stagingParent, libc),
  };
  return store;

  function waitOptions(signal: AbortSignal | undefined): LockOptions {
    return { libc, signal, timeoutMs: lockTimeoutMs, onWait: onWarning };
  }
}

/** Locks, but mends first if there is something to mend. */
async function lockWhole<W extends WantedLocks>(
  store: Store,
  wanted: W,
  options: LockOptions,
): Promise<HeldLocks<W>> {
  for (;;) {
    const held = await lockTables(store.paths, wanted, options);
    const { layers, containers }: Partial<HeldLocks<WantedLocks>> = held;
    if (
      !layers?.records.some(isIncomplete) &&
      !containers?.records.some(isUnfinished)
    ) return held;
    held[Symbol.dispose]();
    await finishDeletions(store, options);
  }
}

function describeSwept({ path, error }: SweptStaging): string {
  const what = `"${path}", left by a process that died`;
  if (error === undefined) return `Removed ${what}`;
  const why = whyOf(error);
  return `Cannot remove ${what}: ${why}`;
}

// Characters that the options of an overlay mount cannot hold.
const BAD_PATH = /[,:"\\]|\p{Cc}/u;

function checkLocation({ root, runRoot }: StoreLocation): void {
  for (const path of [root, runRoot]) {
    if (!isAbsolute(path) || BAD_PATH.test(path)) {
      throw new UnsupportedStoreError(
        `Cannot open store "${path}": expected an absolute path ` +
          `without control characters or any of , : " \\`,
      );
    }
  }
  if (existsSync(join(root, "overlay2"))) {
    throw new UnsupportedStoreError(
      `Cannot open store "${root}": it was made by driver "overlay2"; ` +
        `only "overlay" is supported`,
    );
  }
}

function makeDirectories(paths: StorePaths): void {
  const isNew = !existsSync(paths.home);
  const all = [
    paths.root,
    paths.home,
    paths.layers,
    paths.images,
    paths.containers,
    paths.runRoot,
    paths.runLayers,
    paths.runContainers,
  ];
  for (const path of all) mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!existsSync(paths.links)) {
    mkdirSync(paths.links, { recursive: true }); // others may be opening it
    chmodSync(paths.links, 0o755);
  }
  // Saves other tools a walk over all layers to find out by themselves.
  const marker = join(paths.home, ".has-mount-program");
  if (isNew) writeFileSync(marker, "false", { mode: 0o600 });
}
