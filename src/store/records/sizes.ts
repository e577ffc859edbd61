/** Sizes from records, for all lists and totals. */

import type {
  ImageRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import { sum } from "../../formats/sum.ts";

/** The bytes of a layer, unpacked; 0 if nobody has counted them. */
export function layerBytes(layer: LayerRecord): number {
  return Math.max(0, layer["diff-size"] ?? 0); // -1 stands for "unknown"
}

/** The bytes of an image's config and manifests. */
export function itemBytes(image: ImageRecord): number {
  return sum(Object.values(image["big-data-sizes"] ?? {}));
}
