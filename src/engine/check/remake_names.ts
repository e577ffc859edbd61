/**
 * Rebuilds the short names of layers: the only repair that needs no other source.
 */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { readLinkIfThere } from "../../fs/if_there.ts";
import { readShortName } from "../../store/layers/layer_files.ts";
import { restoreNames } from "../../store/layers/repair_layer.ts";
import { layerDirectory } from "../../store/paths.ts";
import type { RecordView } from "../../store/records/records.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";

/**
 * Rebuilds them, also one that two layers share.
 *
 * @throws {DamagedFileError} If a read-only store has what is below.
 */
export async function remakeNames(
  { store }: Agent,
  ids: readonly LayerId[],
  { signal }: Abortable,
): Promise<void> {
  using held = await store.lock({ layers: "write" }, { signal });
  for (const id of ids) {
    const directory = layerDirectory(store.paths, id);
    const name = readShortName(directory);
    const isShared = name !== undefined &&
      held.layers.records.some((other) =>
        other.id !== id &&
        readShortName(layerDirectory(store.paths, other.id)) === name
      );
    // The one that its link leads to keeps it.
    if (isShared && !leadsTo(store.paths.links, { name, id })) {
      await Deno.remove(join(directory, "link"));
    }
    await restoreNames(store, held.layers, id);
    await requireNames(store, held.layers, id);
  }
}

async function requireNames(
  store: Store,
  layers: RecordView<LayerRecord>,
  id: LayerId,
): Promise<void> {
  const layer = layers.get(id);
  const faults = layer ? await store.layers.findFaults(layers, layer) : [];
  const fault = faults.find(({ kind }) => kind === "names");
  if (fault === undefined) return;
  throw new DamagedFileError(
    `Cannot make "${fault.path}" again: a read-only store has layers below`,
    { path: fault.path },
  );
}

function leadsTo(
  links: string,
  { name, id }: { readonly name: string; readonly id: LayerId },
): boolean {
  return readLinkIfThere(join(links, name)) === `../${id}/diff`;
}
