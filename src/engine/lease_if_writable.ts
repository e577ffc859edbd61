/** Keeps layers while they are read, if possible. */

import { whyOf } from "../errors/why.ts";
import type { LayerRecord } from "../formats/storage/store_record.ts";
import type { Agent } from "./agent.ts";

/**
 * Leases layers, so that no process removes them meanwhile. A read-only store needs
 * no leases.
 *
 * @returns Undefined without a lease.
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
