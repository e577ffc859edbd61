/** Which layers of an image need not be fetched, as they are in the store. */

import type { Abortable } from "../../errors/abort.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { findLayerFaults } from "../../store/layers/layer_files.ts";
import { restoreNames } from "../../store/layers/repair_layer.ts";
import type { RecordTable } from "../../store/records/record_table.ts";
import type { Agent } from "../agent.ts";
import { isProven } from "./proven_blobs.ts";
import type { NeededLayer } from "./receive_layer.ts";

type Layers = RecordTable<LayerRecord>;

/** Whether a layer is there, of the blob that is needed, and whole on disk. */
export function canReuse(
  { store }: Agent,
  layers: Layers,
  needed: NeededLayer,
): boolean {
  const stored = layers.get(needed.id);
  return stored !== undefined && isProven(stored, needed) &&
    findLayerFaults(store.paths, layers, stored)
      .every(({ kind }) => kind !== "content");
}

/** Repairs what needs no blob: short names, and who is below whom. */
export async function repairNames(
  { store, log }: Agent,
  needed: readonly NeededLayer[],
  options: Abortable,
): Promise<void> {
  const damaged = (layers: Layers) =>
    needed.filter(({ id }) => {
      const layer = layers.get(id);
      return layer !== undefined &&
        findLayerFaults(store.paths, layers, layer)
          .some(({ kind }) => kind === "names");
    });
  {
    using held = await store.lock({ layers: "read" }, options);
    if (damaged(held.layers).length === 0) return;
  }
  using held = await store.lock({ layers: "write" }, options);
  for (const { id } of damaged(held.layers)) {
    restoreNames(store, held.layers, id);
    log("warn", `Repaired layer "${id}": its short names were damaged`);
  }
}
