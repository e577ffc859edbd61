/** Layer IDs as containers/storage computes them for images. */

import { type Digest, hexOf } from "../formats/oci/digest.ts";
import { digestOf } from "../formats/oci/digest_of.ts";
import { type LayerId, layerIdOf } from "../formats/storage/store_ids.ts";

/**
 * The store's IDs of an image's layers, from the base up. The same diff IDs
 * in the same order give the same layers; this is not OCI's chain ID.
 */
export function layerIdsOf(diffIds: readonly Digest[]): readonly LayerId[] {
  const ids: LayerId[] = [];
  for (const diffId of diffIds) {
    const parent = ids.at(-1);
    ids.push(
      parent === undefined
        ? layerIdOf(diffId)
        : layerIdOf(digestOf(`${parent}+${hexOf(diffId)}`)),
    );
  }
  return ids;
}
