/** Keeps layers while they are read, where that can be done. */

import { whyOf } from "../errors/why.ts";
import type { LayerRecord } from "../formats/storage/store_record.ts";
import type { Agent } from "./agent.ts";

/**
 * Leases layers, so that nobody removes them meanwhile; from a store that cannot
 * be written, nobody can.
 *
 * @returns Undefined where no lease can be had.
 */
export function leaseIfWritable(
  { store, log }: Agent,
  layers: readonly LayerRecord[],
): Disposable | undefined {
  try {
    return store.leases.lease(layers.map(({ id }) => id));
  } catch (error) {
    const { root } = store.paths;
    log("debug", `cannot lease layers of "${root}": ${whyOf(error)}`);
    return undefined;
  }
}
