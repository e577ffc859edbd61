/** Takes containers out of a store. */

import type { ContainerId } from "../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import { dropLayersOfMarked, makeRoomOf } from "./layers/delete_layer.ts";
import type { Trash } from "./layers/trash.ts";
import { INCOMPLETE } from "./put_container.ts";
import { isScarce } from "./records/reserve.ts";
import type { Tables } from "./records/tables.ts";
import type { Store } from "./store.ts";

/**
 * Deletes containers that are not mounted: layers, directories, records. They are
 * marked first, for their layers as well; a deletion that is cut short is finished
 * by the next command that loads the records. Records are written a few times,
 * however many containers there are; some may be gone already.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files; to be disposed of when no lock is held.
 */
export function dropContainers(
  store: Store,
  held: Tables,
  { ids, trash }: {
    readonly ids: readonly ContainerId[];
    readonly trash: Trash;
  },
): void {
  const containers = ids.flatMap((id) => held.containers.get(id) ?? []);
  if (isScarce(store)) {
    for (const { id } of containers) store.containers.removeDirectories(id);
  }
  const layers = containers.map(({ layer }) => layer);
  makeRoomOf(store, layers);
  for (const container of containers) {
    const flags = { ...container.flags, [INCOMPLETE]: true };
    held.containers.update({ ...container, flags });
  }
  held.containers.save();
  dropLayersOfMarked(store, held.layers, { ids: layers, trash });
  for (const { id } of containers) {
    store.containers.removeDirectories(id);
    held.containers.remove(id);
  }
  // After a power cut records may be back, with their marks: they go once more.
  held.containers.save({ directory: "later" });
}

/** Whether a container was being made or deleted when its process died. */
export function isUnfinished({ flags }: ContainerRecord): boolean {
  return flags?.[INCOMPLETE] === true;
}
