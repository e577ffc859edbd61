/** Deletes images from a store, with the layers that only they need. */

import { InUseError } from "../errors/store_errors.ts";
import type { LayerId } from "../formats/storage/store_ids.ts";
import type { ImageRecord } from "../formats/storage/store_record.ts";
import { findImageUsers } from "./image_records.ts";
import {
  deleteLayers,
  findLayerUsers,
  removeFilesFirst,
} from "./layers/delete_layer.ts";
import type { Trash } from "./layers/trash.ts";
import type { ReadTables, Tables } from "./records/tables.ts";
import type { Store } from "./store.ts";

/**
 * Deletes an image and those of its layers that nobody else needs.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files; to be disposed of when no lock is held.
 * @returns The IDs of the layers that were deleted.
 * @throws {InUseError} If a container was made from it.
 */
export function deleteImage(
  store: Store,
  held: Tables,
  { image, trash }: { readonly image: ImageRecord; readonly trash: Trash },
): readonly LayerId[] {
  return deleteImages(store, held, { images: [image], trash });
}

/**
 * Deletes images and those of their layers that nobody else needs. The number of
 * writes of records does not depend on the number of images.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files; to be disposed of when no lock is held.
 * @param keep Layers that stay though no record needs them.
 * @returns The IDs of the layers that were deleted.
 * @throws {InUseError} If a container was made from one; then all stay.
 */
export function deleteImages(
  store: Store,
  held: Tables,
  { images, trash, keep = new Set() }: {
    readonly images: readonly ImageRecord[];
    readonly trash: Trash;
    readonly keep?: ReadonlySet<string>;
  },
): readonly LayerId[] {
  for (const image of images) checkIsUnused(held, image);
  for (const { id } of images) held.images.remove(id);
  const ids = new Set<LayerId>();
  for (const image of images) {
    for (const top of [...image["mapped-layers"] ?? [], image.layer]) {
      collectUnused(held, { top, keep, ids });
    }
  }
  removeFilesFirst(store, [...ids]);
  held.images.save();
  for (const { id } of images) {
    store.images.removeItems(id);
  }
  deleteLayers(store, held.layers, { ids: [...ids], trash });
  return [...ids];
}

function checkIsUnused(held: ReadTables, { id, names }: ImageRecord): void {
  const users = findImageUsers(held, id);
  if (users.length === 0) return;
  throw new InUseError(
    `Cannot remove image "${names?.[0] ?? id}": ` +
      `container ${users.map((user) => `"${user}"`).join(", ")} uses it`,
    users,
  );
}

/** Collects from the top layer down to the first one that something else needs. */
function collectUnused(
  held: ReadTables,
  { top, keep, ids }: {
    readonly top: LayerId | undefined;
    readonly keep: ReadonlySet<string>;
    /** Receives the IDs that are found. */
    readonly ids: Set<LayerId>;
  },
): void {
  let layer = held.layers.get(top);
  while (layer !== undefined && isUnused(layer.id)) {
    ids.add(layer.id);
    layer = held.layers.get(layer.parent);
  }

  function isUnused(id: LayerId): boolean {
    if (ids.has(id) || keep.has(id)) return false;
    const doomed: ReadonlySet<string> = ids;
    return findLayerUsers(held, id)
      .every((user) => user.kind === "layer" && doomed.has(user.id));
  }
}
