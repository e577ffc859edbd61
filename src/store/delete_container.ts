/** Deletes containers from a store. */

import type { ContainerId } from "../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import {
  deleteLayersOfMarked,
  removeFilesFirst,
} from "./layers/delete_layer.ts";
import type { Trash } from "./layers/trash.ts";
import { INCOMPLETE } from "./put_container.ts";
import { isSpaceLow } from "./records/reserve.ts";
import type { Tables } from "./records/tables.ts";
import type { Store } from "./store.ts";

/**
 * Deletes containers that are not mounted: layers, directories, records. They are
 * marked first, for their layers as well; an interrupted deletion is finished by
 * the next command that loads the records. The number of writes of records does not
 * depend on the number of containers. Containers that are gone already are skipped.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files; to be disposed of when no lock is held.
 */
export function deleteContainers(
  store: Store,
  held: Tables,
  { ids, trash }: {
    readonly ids: readonly ContainerId[];
    readonly trash: Trash;
  },
): void {
  const containers = ids.flatMap((id) => held.containers.get(id) ?? []);
  if (isSpaceLow(store)) {
    for (const { id } of containers) store.containers.removeDirectories(id);
  }
  const layers = containers.map(({ layer }) => layer);
  removeFilesFirst(store, layers);
  for (const container of containers) {
    const flags = { ...container.flags, [INCOMPLETE]: true };
    held.containers.update({ ...container, flags });
  }
  held.containers.save();
  deleteLayersOfMarked(store, held.layers, { ids: layers, trash });
  for (const { id } of containers) {
    store.containers.removeDirectories(id);
    held.containers.remove(id);
  }
  // After a power cut the marked records may be back: then they are deleted again.
  held.containers.save({ directory: "later" });
}

/** Whether a container was being made or deleted when its process died. */
export function isUnfinished({ flags }: ContainerRecord): boolean {
  return flags?.[INCOMPLETE] === true;
}
