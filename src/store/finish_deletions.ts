/** Finishes what processes that died left half-done. */

import { dropContainer, isUnfinished } from "./delete_container.ts";
import { removeIncompleteLayers } from "./delete_layer.ts";
import type { LockOptions } from "./lock.ts";
import type { Store } from "./store.ts";
import { lockTables } from "./tables.ts";

/**
 * Deletes layers and containers that are marked incomplete, half made or half
 * deleted: whoever marks them holds the locks until the mark is gone, so one
 * that can be seen is of a process that died.
 */
export async function finishDeletions(
  store: Store,
  options: LockOptions,
): Promise<void> {
  await using trash = store.openStaging();
  using held = await lockTables(store.paths, {
    layers: "write",
    images: "write",
    containers: "write",
  }, options);
  removeIncompleteLayers(store, held.layers, trash);
  for (const { id } of held.containers.records.filter(isUnfinished)) {
    dropContainer(store, held, { id, trash });
  }
}
