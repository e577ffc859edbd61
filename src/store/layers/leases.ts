/** Layers that are needed although no record refers to them yet. */

import type { LayerId } from "../../formats/storage/store_ids.ts";

/**
 * Leases of layers. A pull leases the layers of its image, so that no cleanup
 * removes one between its commit and the image's record.
 *
 * @see `tests/contracts/leases_suite.ts` for all that it promises.
 */
export interface Leases {
  /**
   * Leases layers until it is disposed of. To be called before the layers are
   * looked up: then a cleanup either has ended before, or sees the lease.
   */
  lease(layerIds: readonly LayerId[]): Disposable;
  /**
   * Lists the leased layers; the leases of dead processes do not count. The result
   * is valid only while the layers are held for writing.
   */
  list(): ReadonlySet<string>;
}
