/** Images that exist in memory only: the twin of `openDiskImages()`. */

import type { Bytes } from "../../../src/formats/bytes.ts";
import type { ImageStore } from "../../../src/store/image_store.ts";
import { bigDataFileName } from "../../../src/store/records/big_data.ts";

/** Makes a place for images that holds none. */
export function memoryImages(): ImageStore {
  const images = new Map<string, Map<string, Bytes>>();
  return {
    readItem: (id, key) => images.get(id)?.get(bigDataFileName(key))?.slice(),
    writeItems({ id, items }) {
      const kept = images.get(id) ?? new Map<string, Bytes>();
      images.set(id, kept);
      for (const [key, content] of items) {
        kept.set(bigDataFileName(key), new Uint8Array(content));
      }
    },
    confirm() {}, // here no record can be lost
    removeItems: (id) => void images.delete(id),
  };
}
