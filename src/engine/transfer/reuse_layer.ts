/** Finds layers of an image that are in the store already. */

import type { Abortable } from "../../errors/abort.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { restoreNames } from "../../store/layers/repair_layer.ts";
import type { RecordView } from "../../store/records/records.ts";
import type { Agent } from "../agent.ts";
import { isProven } from "./proven_blobs.ts";
import type { NeededLayer } from "./receive_layer.ts";

type Layers = RecordView<LayerRecord>;

/** Whether a layer is stored, proven to be from the needed blob, and intact. */
export async function canReuse(
  { store }: Agent,
  layers: Layers,
  needed: NeededLayer,
): Promise<boolean> {
  const stored = layers.get(needed.id);
  if (stored === undefined || !isProven(stored, needed)) return false;
  const faults = await store.layers.findFaults(layers, stored);
  return faults.every(({ kind }) => kind === "names");
}

/** Repairs what needs no blob: short names and lists of lower layers. */
export async function repairNames(
  { store, log }: Agent,
  needed: readonly NeededLayer[],
  options: Abortable,
): Promise<void> {
  {
    using held = await store.lock({ layers: "read" }, options);
    if ((await findDamaged(held.layers)).length === 0) return;
  }
  using held = await store.lock({ layers: "write" }, options);
  for (const { id } of await findDamaged(held.layers)) {
    await restoreNames(store, held.layers, id);
    log("warn", `Repaired layer "${id}": its short names were damaged`);
  }

  async function findDamaged(layers: Layers): Promise<readonly NeededLayer[]> {
    const found: NeededLayer[] = [];
    for (const layer of needed) {
      const stored = layers.get(layer.id);
      if (stored === undefined) continue;
      const faults = await store.layers.findFaults(layers, stored);
      if (faults.some(({ kind }) => kind === "names")) found.push(layer);
    }
    return found;
  }
}
