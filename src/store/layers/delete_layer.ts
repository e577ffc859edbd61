/** Deletes layers from a store. */

import { join } from "@std/path";
import { InUseError } from "../../errors/store_errors.ts";
import { LayerNotFoundError } from "../../errors/not_found_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { layerDirectory, tarSplitPath } from "../paths.ts";
import type { Records } from "../records/records.ts";
import { isSpaceLow, type SpaceStore } from "../records/reserve.ts";
import type { ReadTables, Tables } from "../records/tables.ts";
import type { LayerStore } from "./layer_store.ts";
import type { Trash } from "./trash.ts";

/**
 * Deletes a layer. It is marked first, so that an interrupted deletion is finished
 * by the next process that loads the records.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files; to be disposed of when no lock is held.
 * @throws {LayerNotFoundError} If there is no such layer.
 * @throws {InUseError} If a layer, an image or a container needs it.
 */
export function deleteLayer(
  store: TreeStore,
  held: Tables,
  { id, trash }: { readonly id: LayerId; readonly trash: Trash },
): void {
  const layer = held.layers.get(id);
  if (layer === undefined) {
    throw new LayerNotFoundError(`Cannot delete layer "${id}": it is unknown`);
  }
  const users = findLayerUsers(held, id)
    .map((user) => `${user.kind} "${user.id}"`);
  if (users.length > 0) {
    throw new InUseError(
      `Cannot delete layer "${id}": ${users.join(", ")} needs it`,
      users,
    );
  }
  deleteLayers(store, held.layers, { ids: [id], trash });
}

/** What keeps layers. */
interface TreeStore {
  readonly layers: LayerStore;
}

/**
 * Deletes the layers of containers whose records are marked and saved. Layers that
 * are gone already are skipped.
 */
export function deleteLayersOfMarked(
  store: TreeStore,
  layers: Records<LayerRecord>,
  { ids, trash }: { readonly ids: readonly LayerId[]; readonly trash: Trash },
): void {
  for (const id of ids) {
    if (layers.get(id) === undefined) continue;
    store.layers.removeTree(id, trash);
    layers.remove(id);
  }
  saveRemovals(store, layers);
}

/**
 * Deletes layers that nobody else can need, topmost first; some may be gone
 * already. The records are written twice, regardless of the number of layers.
 */
export function deleteLayers(
  store: TreeStore,
  layers: Records<LayerRecord>,
  { ids, trash }: { readonly ids: readonly LayerId[]; readonly trash: Trash },
): void {
  const found = ids.flatMap((id) => layers.get(id) ?? []);
  if (found.length === 0) return;
  for (const layer of found) {
    layers.update({ ...layer, flags: { ...layer.flags, incomplete: true } });
  }
  layers.save();
  for (const { id } of found) {
    store.layers.removeTree(id, trash);
    layers.remove(id);
  }
  saveRemovals(store, layers);
}

/** A tree that is back after a power cut would have no record. */
function saveRemovals(
  { layers: { syncRemovals } }: TreeStore,
  layers: Records<LayerRecord>,
): void {
  syncRemovals();
  layers.save();
}

/**
 * Removes files of layers that are about to be deleted, before their records are:
 * on a full disk without a reserve, this is the only way to get space for writing
 * records. If the process is killed in between, the images or containers that were
 * to be removed are damaged.
 */
export function removeFilesFirst(
  store: SpaceStore,
  ids: readonly LayerId[],
): void {
  const { paths } = store;
  const parts = [
    ...ids.map((id) => tarSplitPath(paths, id)), // an image works without them
    ...ids.map((id) => join(layerDirectory(paths, id), "diff")),
  ];
  for (const path of parts) {
    if (!isSpaceLow(store)) return;
    removeTreeSync(path);
  }
}

/** What needs a layer. */
export interface LayerUser {
  readonly kind: "container" | "image" | "layer";
  readonly id: string;
}

/** Finds what needs a layer: those on it, images, containers. */
export function findLayerUsers(
  held: ReadTables,
  id: LayerId,
): readonly LayerUser[] {
  const children = held.layers.records.filter(({ parent }) => parent === id);
  const images = held.images.records.filter((image) =>
    image.layer === id || image["mapped-layers"]?.includes(id)
  );
  const containers = held.containers.records.filter(({ layer }) =>
    layer === id
  );
  return [
    ...children.map(({ id }) => ({ kind: "layer", id } as const)),
    ...images.map(({ id }) => ({ kind: "image", id } as const)),
    ...containers.map(({ id }) => ({ kind: "container", id } as const)),
  ];
}

/** Finishes or undoes what processes that died left `incomplete`. */
export function removeIncompleteLayers(
  store: TreeStore,
  layers: Records<LayerRecord>,
  { trash, onFailure }: {
    readonly trash: Trash;
    /** Called for a layer that cannot be removed; its record stays. */
    readonly onFailure: (what: string, error: unknown) => void;
  },
): void {
  for (const { id } of layers.records.filter(isIncomplete)) {
    try {
      store.layers.removeTree(id, trash);
      layers.remove(id);
    } catch (error) {
      onFailure(`layer "${id}"`, error);
    }
  }
  saveRemovals(store, layers);
}

/** Whether a layer was being created or deleted when its process died. */
export function isIncomplete({ flags }: LayerRecord): boolean {
  return flags?.["incomplete"] === true;
}
