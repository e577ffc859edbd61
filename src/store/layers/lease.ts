/**
 * Leases: what a process says it needs of the store while it works, though no
 * record says so yet. A pull leases the layers of its image, so that no cleanup
 * takes one between its commit and the image's record. A lease is a file that
 * its owner keeps locked; that of a process that died is void.
 */

import { join } from "@std/path";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { isErrno } from "../../fs/errno.ts";
import { removeIfThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { lockNewFile, tryLock } from "../records/lock.ts";
import type { Store } from "../store.ts";

type LeaseStore = Pick<Store, "paths" | "libc">;

/**
 * Leases layers until it is disposed of. To be done before the layers are
 * looked up: a cleanup that holds the locks then either is over or sees it.
 */
export function leaseLayers(
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

/**
 * Lists the layers that are leased, and removes the leases of processes that
 * died. It counts only while the layers are held for writing.
 */
export function listLeasedLayers(store: LeaseStore): ReadonlySet<string> {
  const directory = leaseDirectory(store);
  return new Set(
    listIfDirectory(directory).flatMap((name) => {
      const path = join(directory, name);
      const ids = readIds(path);
      if (ids === undefined) return []; // somebody else's, whatever it is
      using lock = tryLock(path, store.libc);
      // What it says is only there since it is locked.
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
    const ids = Deno.readTextFileSync(path).split("\n")
      .filter((id) => id !== "");
    return ids.every((id) => /^[0-9a-f]{64}$/.test(id)) ? ids : undefined;
  } catch (error) {
    // It ended just now, or it is no file.
    if (isErrno(error, "ENOENT", "EISDIR", "ELOOP")) return undefined;
    throw error;
  }
}
