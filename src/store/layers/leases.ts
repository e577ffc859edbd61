/** What is needed though no record says so yet. */

import type { LayerId } from "../../formats/storage/store_ids.ts";

/**
 * What whoever works says it needs of the store meanwhile. A pull leases the layers
 * of its image, so that no cleanup takes one between its commit and the image's
 * record.
 *
 * @see `tests/contracts/leases_suite.ts` for all that it promises.
 */
export interface Leases {
  /**
   * Leases layers until it is disposed of. To be done before the layers are
   * looked up: a cleanup that holds the locks then either is over or sees it.
   */
  lease(layerIds: readonly LayerId[]): Disposable;
  /**
   * Lists the layers that are leased; of who died, none is. It counts only while
   * the layers are held for writing.
   */
  list(): ReadonlySet<string>;
}
