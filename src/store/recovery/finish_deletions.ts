/** Finishes or undoes the work of processes that died. */

import { whyOf } from "../../errors/why.ts";
import { deleteContainers, isUnfinished } from "../delete_container.ts";
import { removeIncompleteLayers } from "../layers/delete_layer.ts";
import { openTrash } from "../layers/trash.ts";
import type { LockOptions } from "../records/lock.ts";
import { lockTables } from "../records/tables.ts";
import type { Store } from "../store.ts";
import { requireConsistent } from "./check_store.ts";

const LOCKS = {
  layers: "write",
  images: "write",
  containers: "write",
} as const;

/**
 * Deletes layers and containers that are marked incomplete, partly made or partly
 * deleted. The process that marks them holds the locks until the mark is gone, so a
 * mark that is seen was left by a process that died.
 *
 * @throws {DamagedStoreError} If a table is damaged or inconsistent.
 */
export async function finishDeletions(
  store: Store,
  { onWarning, ...options }: LockOptions & {
    /** Called for what cannot be removed: it stays, and the rest continues. */
    readonly onWarning?: ((message: string) => void) | undefined;
  },
): Promise<void> {
  await using trash = openTrash(store);
  using held = await lockTables(store.paths, LOCKS, options);
  await requireConsistent(store.paths, {
    wanted: LOCKS,
    held,
    libc: store.libc,
  });
  removeIncompleteLayers(store, held.layers, { trash, onFailure: tell });
  for (const { id } of held.containers.records.filter(isUnfinished)) {
    try {
      await deleteContainers(store, held, { ids: [id], trash });
    } catch (error) {
      tell(`container "${id}"`, error);
    }
  }

  function tell(what: string, error: unknown): void {
    onWarning?.(`Cannot finish the removal of ${what}: ${whyOf(error)}`);
  }
}
