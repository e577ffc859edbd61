/** Takes layers out of a store. */

import { join } from "@std/path";
import { InUseError } from "../../errors/store_errors.ts";
import { LayerNotFoundError } from "../../errors/not_found_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { isThere } from "../../fs/if_there.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { layerDirectory, tarSplitPath } from "../paths.ts";
import type { Records } from "../records/records.ts";
import { isScarce } from "../records/reserve.ts";
import type { Tables } from "../records/tables.ts";
import type { Store } from "../store.ts";
import { readShortName } from "./layer_files.ts";
import type { Trash } from "./trash.ts";

/**
 * Deletes a layer. It is marked first, so that a deletion that is cut short is
 * finished by whoever loads the records next.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files; to be disposed of when no lock is held.
 * @throws {LayerNotFoundError} If there is no such layer.
 * @throws {InUseError} If a layer, an image or a container needs it.
 */
export function deleteLayer(
  store: Store,
  held: Tables,
  { id, trash }: { readonly id: LayerId; readonly trash: Trash },
): void {
  const layer = held.layers.get(id);
  if (layer === undefined) {
    throw new LayerNotFoundError(`Cannot delete layer "${id}": it is unknown`);
  }
  const users = findLayerUsers(held, id);
  if (users.length > 0) {
    throw new InUseError(
      `Cannot delete layer "${id}": ${users.join(", ")} needs it`,
      users,
    );
  }
  dropLayers(store, held.layers, { ids: [id], trash });
}

/**
 * Deletes the layers of containers whose records say that this has begun, and are
 * saved. Some may be gone already.
 */
export function dropLayersOfMarked(
  store: Store,
  layers: Records<LayerRecord>,
  { ids, trash }: { readonly ids: readonly LayerId[]; readonly trash: Trash },
): void {
  for (const id of ids) {
    if (layers.get(id) === undefined) continue;
    removeLayerFiles(store, id, trash);
    layers.remove(id);
  }
  layers.save();
}

/**
 * Deletes layers that nobody else can need, topmost first; some may be gone
 * already. The records are written twice, however many layers there are.
 */
export function dropLayers(
  store: Store,
  layers: Records<LayerRecord>,
  { ids, trash }: { readonly ids: readonly LayerId[]; readonly trash: Trash },
): void {
  const found = ids.flatMap((id) => layers.get(id) ?? []);
  for (const layer of found) {
    layers.update({ ...layer, flags: { ...layer.flags, incomplete: true } });
  }
  layers.save();
  for (const { id } of found) {
    removeLayerFiles(store, id, trash);
    layers.remove(id);
  }
  layers.save();
}

/**
 * Removes files of layers that are about to go, before their records say so: where
 * nothing is free, not even a reserve, there is no other way to write these. If it
 * ends there, the images or containers are damaged that were to be removed.
 */
export function makeRoomOf(
  store: Pick<Store, "paths" | "libc">,
  ids: readonly LayerId[],
): void {
  const { paths } = store;
  const parts = [
    ...ids.map((id) => tarSplitPath(paths, id)), // an image runs without
    ...ids.map((id) => join(layerDirectory(paths, id), "diff")),
  ];
  for (const path of parts) {
    if (!isScarce(store)) return;
    removeTreeSync(path);
  }
}

/** Who needs a layer: `layer "…"`, `image "…"`, `container "…"`. */
export function findLayerUsers(held: Tables, id: LayerId): readonly string[] {
  const children = held.layers.records.filter(({ parent }) => parent === id);
  const images = held.images.records.filter((image) =>
    image.layer === id || image["mapped-layers"]?.includes(id)
  );
  const containers = held.containers.records.filter(({ layer }) =>
    layer === id
  );
  return [
    ...children.map((layer) => `layer "${layer.id}"`),
    ...images.map((image) => `image "${image.id}"`),
    ...containers.map((container) => `container "${container.id}"`),
  ];
}

/** Finishes or undoes what processes that died left `incomplete`. */
export function removeIncompleteLayers(
  store: Store,
  layers: Records<LayerRecord>,
  { trash, onFailure }: {
    readonly trash: Trash;
    /** Told of one that cannot be removed; its record stays. */
    readonly onFailure: (what: string, error: unknown) => void;
  },
): void {
  for (const { id } of layers.records.filter(isIncomplete)) {
    try {
      removeLayerFiles(store, id, trash);
      layers.remove(id);
    } catch (error) {
      onFailure(`layer "${id}"`, error);
    }
  }
  layers.save();
}

/** Whether a layer was being created or deleted when its process died. */
export function isIncomplete({ flags }: LayerRecord): boolean {
  return flags?.["incomplete"] === true;
}

/**
 * Removes what a layer has on disk: the link first, as the library does, for
 * links without a directory upset it. What is gone already is no error.
 *
 * @param trash Takes the directory; left out, it is removed on the spot.
 */
export function removeLayerFiles(
  { paths }: Store,
  id: LayerId,
  trash?: Trash,
): void {
  const directory = layerDirectory(paths, id);
  const shortName = readShortName(directory);
  if (shortName !== undefined) {
    removeTreeSync(join(paths.links, shortName));
  }
  if (trash !== undefined && isThere(directory)) {
    const { path } = trash;
    if (path !== undefined) Deno.renameSync(directory, join(path, `0-${id}`));
  }
  removeTreeSync(directory);
  removeTreeSync(tarSplitPath(paths, id));
  removeTreeSync(join(paths.layers, id));
}
