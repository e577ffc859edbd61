/** Takes containers out of a store. */

import { dirname } from "@std/path";
import type { ContainerId } from "../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import { removeTreeSync } from "../fs/remove_tree.ts";
import { INCOMPLETE } from "./container_store.ts";
import { dropLayerOfMarked, makeRoomOf } from "./layers/delete_layer.ts";
import type { Trash } from "./layers/trash.ts";
import { runDirectory, workDirectory } from "./paths.ts";
import { isScarce } from "./records/reserve.ts";
import type { Tables } from "./records/tables.ts";
import type { Store } from "./store.ts";

/**
 * Deletes a container that is not mounted: layer, directories, record. It is
 * marked first, for its layer as well; a deletion that is cut short is finished by
 * the next command that loads the records.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files; to be disposed of when no lock is held.
 */
export function dropContainer(
  store: Store,
  held: Tables,
  { id, trash }: { readonly id: ContainerId; readonly trash: Trash },
): void {
  const container = held.containers.get(id);
  if (container === undefined) return;
  if (isScarce(store.paths)) removeDirectories(store, id);
  makeRoomOf(store.paths, [container.layer]);
  const flags = { ...container.flags, [INCOMPLETE]: true };
  held.containers.update({ ...container, flags });
  held.containers.save();
  dropLayerOfMarked(store, held.layers, { id: container.layer, trash });
  removeDirectories(store, id);
  held.containers.remove(id);
  // After a power cut the record may be back, with its mark: it goes once more.
  held.containers.save({ directory: "later" });
}

function removeDirectories({ paths }: Store, id: ContainerId): void {
  for (const directoryOf of [workDirectory, runDirectory]) {
    removeTreeSync(dirname(directoryOf(paths, id)));
  }
}

/** Whether a container was being made or deleted when its process died. */
export function isUnfinished({ flags }: ContainerRecord): boolean {
  return flags?.[INCOMPLETE] === true;
}
