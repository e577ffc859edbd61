/** The interface to where images are kept: a disk, or a map in a test. */

import type { Bytes } from "../formats/bytes.ts";
import type { ImageId } from "../formats/storage/store_ids.ts";
import type { BigDataItem } from "./records/big_data.ts";

/**
 * Keeps the content of images; not their records and layers.
 *
 * Terms: an image's *items* are its config and its manifests, byte for byte, each
 * under a *key*: `manifest`, `manifest-DIGEST`, or the config's digest.
 *
 * Life cycle: `writeItems()` comes before the record that names them, and
 * `confirm()` after it; items in between belong to an interrupted pull, not to a
 * lost record. `removeItems()` comes when the record is gone. `putImage()` and
 * `deleteImages()` call them in this order, and hold the records for writing.
 * Reading items needs no lock: they never change as long as their image exists.
 *
 * @see `tests/contracts/image_store_suite.ts` for all that it promises.
 * @example
 * ```ts ignore
 * using held = await store.lock({ images: "read" });
 * const { id } = findImage(held.images, "busybox", conf);
 * const config = store.images.readItem(id, `sha256:${id}`);
 * ```
 */
export interface ImageStore {
  /** Reads an item; undefined if there is none. */
  readItem(id: ImageId, key: string): Bytes | undefined;
  /**
   * Writes items; each is there whole or not at all, and all survive a power cut.
   *
   * @param image The other items of an image that has a record stay.
   */
  writeItems(image: NewItems): void;
  /** Marks the items as named by a record. */
  confirm(id: ImageId): void;
  /** Removes all items of an image; they may be gone already. */
  removeItems(id: ImageId): void;
}

/** Items of an image that are to be written. */
export interface NewItems {
  readonly id: ImageId;
  readonly items: readonly BigDataItem[];
  /** Whether there is a record of the image already. */
  readonly isRecorded: boolean;
}
