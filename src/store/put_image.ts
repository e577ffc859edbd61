/** Puts images into a store. */

import type { ImageName } from "../formats/oci/reference.ts";
import type { ImageId, LayerId } from "../formats/storage/store_ids.ts";
import type { ImageRecord } from "../formats/storage/store_record.ts";
import {
  giveNames,
  markRecorded,
  markUnrecorded,
  noteUse,
} from "./image_store.ts";
import { imageDirectory } from "./paths.ts";
import type { BigDataItem } from "./records/big_data.ts";
import type { Records } from "./records/records.ts";
import { writeBigData } from "./records/write_big_data.ts";
import type { Store } from "./store.ts";

/** An image to be put into a store. */
export interface NewImage {
  readonly id: ImageId;
  /** Each is taken away from the image that has it now. */
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
  { paths }: Store,
  images: Records<ImageRecord>,
  image: NewImage,
): void {
  const old = images.get(image.id);
  const directory = imageDirectory(paths, image.id);
  if (old === undefined) markUnrecorded(directory);
  const members = writeBigData(directory, image.items, old);
  const record: ImageRecord = {
    id: image.id,
    digest: image.digest,
    ...(image.layer !== undefined && { layer: image.layer }),
    metadata: "{}",
    created: image.created,
    ...old,
    ...members,
  };
  if (old === undefined) images.add(record);
  else images.update(record);
  giveNames(images, image.id, image.names);
  noteUse(images, image.id);
  images.save();
  markRecorded(directory);
}
