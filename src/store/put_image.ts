/** Puts images into a store. */

import type { ImageName } from "../formats/oci/reference.ts";
import type { ImageId, LayerId } from "../formats/storage/store_ids.ts";
import type { ImageRecord } from "../formats/storage/store_record.ts";
import { giveNames, noteUse } from "./image_records.ts";
import type { ImageStore } from "./image_store.ts";
import type { BigDataItem } from "./records/big_data.ts";
import { describeBigData } from "./records/big_data_members.ts";
import type { Records } from "./records/records.ts";

/** An image to be put into a store. */
export interface NewImage {
  readonly id: ImageId;
  /** The image that has such a name now loses it. */
  readonly names: readonly ImageName[];
  /** The top layer's ID; undefined if the image has no layers. */
  readonly layer: LayerId | undefined;
  /** The manifest's digest. */
  readonly digest: string;
  /** Config and manifests: written before the record that names them. */
  readonly items: readonly BigDataItem[];
  /** The config's creation time, RFC 3339. */
  readonly created: string;
}

/**
 * Puts an image into a store. One of the same ID gets the new items and names.
 *
 * @param images Held for writing; the layers must be held, too.
 */
export function putImage(
  store: { readonly images: ImageStore },
  images: Records<ImageRecord>,
  image: NewImage,
): void {
  const old = images.get(image.id);
  const { id, items } = image;
  store.images.writeItems({ id, items, isRecorded: old !== undefined });
  const record: ImageRecord = {
    id,
    digest: image.digest,
    ...(image.layer !== undefined && { layer: image.layer }),
    metadata: "{}",
    created: image.created,
    ...old,
    ...describeBigData(items, old),
  };
  if (old === undefined) images.add(record);
  else images.update(record);
  giveNames(images, id, image.names);
  noteUse(images, id);
  images.save();
  store.images.confirm(id);
}
