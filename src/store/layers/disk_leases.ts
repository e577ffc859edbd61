/**
 * Leases on a disk: each is a file that its owner keeps locked. A lease ends with
 * its process.
 */

import { join } from "@std/path";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import { isErrno } from "../../fs/errno.ts";
import { readText, removeIfThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import type { Libc } from "../../process/libc.ts";
import { lockNewFile, tryLock } from "../records/lock.ts";
import type { StorePaths } from "../paths.ts";
import type { Leases } from "./leases.ts";

/** Where leases are, and what locks them. */
interface LeaseStore {
  readonly paths: StorePaths;
  readonly libc: Libc | undefined;
}

/** Opens the leases of a store. */
export function openDiskLeases(store: LeaseStore): Leases {
  return {
    lease: (layerIds) => leaseLayers(store, layerIds),
    list: () => listLeasedLayers(store),
  };
}

function leaseLayers(
  store: LeaseStore,
  layerIds: readonly LayerId[],
): Disposable {
  const lock = lockNewFile(leaseDirectory(store), store.libc);
  Deno.writeTextFileSync(lock.path, layerIds.join("\n"));
  return {
    [Symbol.dispose]() {
      removeIfThere(lock.path);
      lock[Symbol.dispose]();
    },
  };
}

function listLeasedLayers(store: LeaseStore): ReadonlySet<string> {
  const directory = leaseDirectory(store);
  return new Set(
    listIfDirectory(directory).flatMap((name) => {
      const path = join(directory, name);
      const ids = readIds(path);
      if (ids === undefined) return []; // not a lease of this store
      using lock = tryLock(path, store.libc);
      // Its text is complete once it is locked.
      if (lock === undefined) return readIds(path) ?? [];
      removeIfThere(path);
      return [];
    }),
  );
}

function leaseDirectory({ paths }: LeaseStore): string {
  return join(paths.runRoot, "orlop", "leases");
}

/** Undefined if it is no lease. */
function readIds(path: string): readonly string[] | undefined {
  try {
    const ids = readText(path).split("\n")
      .filter((id) => id !== "");
    return ids.every((id) => /^[0-9a-f]{64}$/.test(id)) ? ids : undefined;
  } catch (error) {
    // The lease has just ended, or this is no regular file.
    const isOther = error instanceof DamagedFileError;
    if (isOther || isErrno(error, "ENOENT", "EISDIR", "ELOOP")) {
      return undefined;
    }
    throw error;
  }
}
