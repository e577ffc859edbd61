/** Whether a layer can be used. */

import { DamagedFileError } from "../../errors/store_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import type { TableView } from "../records/record_files.ts";
import { listChain } from "./layer_files.ts";
import type { LayerStore } from "./layer_store.ts";

/**
 * Checks a layer and all below it, as far as a mount needs them.
 *
 * @throws {DamagedFileError} If something is missing or damaged.
 */
export async function requireUsable(
  layers: LayerStore,
  records: Pick<TableView<LayerRecord>, "lookUp">,
  top: LayerId,
): Promise<void> {
  for (const layer of listChain(records, top)) {
    const faults = await layers.findFaults(records, layer);
    const fault = faults.find(({ kind }) => kind !== "archive");
    if (fault === undefined) continue;
    const isImage = layer["diff-digest"] !== undefined;
    throw new DamagedFileError(
      `Cannot use layer "${layer.id}": "${fault.path}": ${fault.found}; ` +
        (isImage ? "pull its image again" : "restore it from a backup"),
      { path: fault.path },
    );
  }
}
