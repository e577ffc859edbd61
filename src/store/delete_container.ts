/** Deletes containers from a store. */

import { settleAll } from "../errors/abort.ts";
import type { ContainerId } from "../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import {
  deleteLayersOfMarked,
  removeFilesFirst,
} from "./layers/delete_layer.ts";
import type { Trash } from "./layers/trash.ts";
import { INCOMPLETE, REMOVED } from "./put_container.ts";
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
export async function deleteContainers(
  store: Store,
  held: Tables,
  { ids, trash }: {
    readonly ids: readonly ContainerId[];
    readonly trash: Trash;
  },
): Promise<void> {
  const containers = ids.flatMap((id) => held.containers.get(id) ?? []);
  const removeAll = () =>
    settleAll(
      containers.map(({ id }) => store.containers.removeDirectories(id)),
    );
  if (isSpaceLow(store)) await removeAll();
  const layers = containers.map(({ layer }) => layer);
  removeFilesFirst(store, layers);
  for (const container of containers) {
    const flags = { ...container.flags, [INCOMPLETE]: true, [REMOVED]: true };
    held.containers.update({ ...container, flags });
  }
  held.containers.save();
  const removal = removeAll(); // goes on while records are written
  try {
    deleteLayersOfMarked(store, held.layers, { ids: layers, trash });
  } finally {
    await removal;
  }
  for (const { id } of containers) held.containers.remove(id);
  // After a power cut the marked records may be back: then they are deleted again.
  held.containers.save({ directory: "later" });
}

/** Whether a container was being made or deleted when its process died. */
export function isUnfinished({ flags }: ContainerRecord): boolean {
  return flags?.[INCOMPLETE] === true;
}

/** Whether a container was not yet whole, and nobody has begun to delete it. */
export function isBeingMade(container: ContainerRecord): boolean {
  return isUnfinished(container) && container.flags?.[REMOVED] !== true;
}
