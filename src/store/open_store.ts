/** Opens stores of containers/storage. */

import { join } from "@std/path";
import { StoreBusyError } from "../errors/store_errors.ts";
import { isThere } from "../fs/if_there.ts";
import type { Libc } from "../process/libc.ts";
import type { LockUse } from "../process/libc_files.ts";
import { isUnfinished } from "./delete_container.ts";
import { openDiskContainers } from "./disk_containers.ts";
import { openDiskImages } from "./disk_images.ts";
import { isIncomplete } from "./layers/delete_layer.ts";
import { openDiskLayers } from "./layers/disk_layers.ts";
import { openDiskLeases } from "./layers/disk_leases.ts";
import { restoreShortLinks } from "./layers/repair_layer.ts";
import {
  type AbandonedStaging,
  describeFailure,
  openStaging,
  removeAbandonedStaging,
  type Staging,
} from "./layers/staging.ts";
import { checkLocation, realLocation } from "./location.ts";
import { layOut, type StoreLocation, type StorePaths } from "./paths.ts";
import type { LockOptions } from "./records/lock.ts";
import { openLockFile } from "./records/lock_file.ts";
import type { TableFault } from "./records/record_files.ts";
import {
  findLockFaults,
  lockMountCounts,
  lockTables,
  type ReadTables,
  type WantedLocks,
} from "./records/tables.ts";
import { lockFilesOf } from "./records/table_files.ts";
import { listFaults, requireConsistent } from "./recovery/check_store.ts";
import { finishDeletions } from "./recovery/finish_deletions.ts";
import type { HeldStore, LockStoreOptions, Store } from "./store.ts";

/** How to open a store. */
export interface StoreOptions extends StoreLocation {
  /**
   * Respects the locks of other tools; without it, only orlop's own locks count.
   */
  readonly libc?: Libc | undefined;
  /** How long to wait for a lock, in milliseconds; if omitted, without limit. */
  readonly lockTimeoutMs?: number | undefined;
  /** The default purpose of locks. */
  readonly purpose?: LockStoreOptions["purpose"];
  /**
   * `"make"`, the default, creates a missing store; `"leave"` treats it as an
   * empty, read-only store.
   */
  readonly ifMissing?: "make" | "leave" | undefined;
  /** Receives warnings. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Opens a store, and creates it if missing, unless `ifMissing` is `"leave"`.
 *
 * @throws {UnsupportedStoreError} If orlop must not touch it.
 */
export function openStore(options: StoreOptions): Store {
  const { libc, lockTimeoutMs, ifMissing = "make" } = options;
  const onWarning = onceEach(options.onWarning);
  checkLocation(options);
  const isFound = isThere(layOut(options).layers);
  if (ifMissing === "make" || (isFound && options.purpose !== "read")) {
    makeDirectories(layOut(options));
  }
  const paths = layOut(realLocation(options));
  // Staging must be on the same mount as the layers, and the home may be a mount.
  const stagingParent = join(paths.home, "tempdirs");
  const staging = options.purpose === "read"
    ? []
    : [stagingParent, paths.staging];
  for (const parent of staging) {
    for (const swept of removeAbandonedStaging(parent, libc)) {
      onWarning?.(describeSwept(swept));
    }
  }
  const store: Store = {
    paths,
    libc,
    layers: openDiskLayers({ paths, libc }),
    images: openDiskImages(paths),
    containers: openDiskContainers({ paths, libc }),
    leases: openDiskLeases({ paths, libc }),
    lock: (wanted, { signal, purpose = options.purpose } = {}) =>
      lockWhole(store, wanted, { ...waitOptions(signal), purpose, onWarning }),
    lockMounts: ({ signal } = {}) =>
      lockMountCounts(paths, waitOptions(signal)),
    openStaging: () =>
      isThere(paths.layers)
        ? openStaging(stagingParent, { libc, onWarning })
        : NO_STAGING,
  };
  return store;

  function waitOptions(signal: AbortSignal | undefined): LockOptions {
    return { libc, signal, timeoutMs: lockTimeoutMs, onWait: onWarning };
  }
}

// A store that does not exist has nothing to move.
const NO_STAGING: Staging = {
  path: "/nonexistent",
  async [Symbol.asyncDispose]() {},
};

/**
 * Locks. A writer gets a consistent store without unfinished deletions; a reader
 * gets whatever is there.
 */
async function lockWhole<W extends WantedLocks>(
  store: Store,
  wanted: W,
  { onWarning, purpose, ...options }:
    & LockOptions
    & LockStoreOptions
    & Pick<StoreOptions, "onWarning">,
): Promise<HeldStore<W>> {
  const { paths } = store;
  const { isToExamine, isToWrite, use } = aimOf(paths, wanted, purpose);
  const faults: TableFault[] = [];
  const tell = ({ path, message }: TableFault) => {
    if (faults.some((fault) => fault.message === message)) return;
    faults.push({ path, message });
    if (!isToExamine) onWarning?.(message);
  };
  const onDamage = !isToWrite && (isToExamine || purpose === "read")
    ? tell
    : undefined;
  if (isToExamine) findLockFaults(paths).forEach(tell);
  for (let isLast = false;; isLast = true) {
    const held = await lockTables(paths, wanted, { ...options, onDamage, use });
    try {
      const request = { wanted, held, libc: options.libc };
      if (isToWrite) await requireConsistent(paths, request);
      else (await listFaults(paths, request)).forEach(tell);
      // Inconsistent records must not decide what is removed.
      if (isLast || isToExamine || !hasUnfinished(held)) {
        if (wanted.layers === "write" && !isToExamine) repairLinks(held);
        return Object.assign(held, { faults });
      }
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
    held[Symbol.dispose]();
    try {
      await finishDeletions(store, { ...options, onWarning });
    } catch (error) {
      if (isToWrite || error instanceof StoreBusyError) throw error;
      // A damaged or read-only store can still be shown.
    }
  }

  function repairLinks({ layers }: Partial<ReadTables>): void {
    if (layers !== undefined) restoreShortLinks(store, layers);
  }
}

/** The purpose of a lock. */
interface LockAim {
  readonly isToExamine: boolean;
  /** Whether the caller writes, now or later. */
  readonly isToWrite: boolean;
  /** Readers also work on a read-only file system. */
  readonly use: LockUse;
}

function aimOf(
  { layers }: StorePaths,
  wanted: WantedLocks,
  purpose: LockStoreOptions["purpose"],
): LockAim {
  const writes = Object.values(wanted).includes("write");
  const isToExamine = purpose === "examine";
  return {
    isToExamine,
    isToWrite: purpose === "write" || (!isToExamine && writes),
    use: writes && isThere(layers) ? "make" : "look",
  };
}

function hasUnfinished({ layers, containers }: Partial<ReadTables>): boolean {
  return layers?.records.some(isIncomplete) === true ||
    containers?.records.some(isUnfinished) === true;
}

function describeSwept({ path, error }: AbandonedStaging): string {
  return error === undefined
    ? `Removed "${path}", left by a process that died`
    : describeFailure(path, error);
}

/** Each lock of a command finds the same damage: warn once. */
function onceEach(tell: StoreOptions["onWarning"]): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    tell?.(message);
  };
}

function makeDirectories(paths: StorePaths): void {
  const isNew = !isThere(paths.home);
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
  for (const path of all) {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  if (!isThere(paths.links)) {
    Deno.mkdirSync(paths.links, { recursive: true }); // others may be opening it
    Deno.chmodSync(paths.links, 0o755);
  }
  // Without it other tools would inspect all layers.
  const marker = join(paths.home, ".has-mount-program");
  if (!isNew) return;
  Deno.writeTextFileSync(marker, "false", { mode: 0o600 });
  // A reader makes no directories, but its locks must exist to wait for writers.
  for (const path of lockFilesOf(paths)) openLockFile(path)[Symbol.dispose]();
}
