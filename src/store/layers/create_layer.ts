/** Creates a layer in a store: its record and its content. */

import { DuplicateIdError } from "../../errors/naming_errors.ts";
import { LayerNotFoundError } from "../../errors/not_found_errors.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { toMapMembers } from "../../formats/storage/user_map.ts";
import { StagedFiles } from "../../fs/staged_files.ts";
import type { Records } from "../records/records.ts";
import type { LayerStore, NewTree } from "./layer_store.ts";

/** A layer to create. */
export interface NewLayer extends NewTree {
  readonly names?: readonly string[];
  readonly mountLabel?: string;
}

/**
 * Creates a layer. Until it is complete its record says `incomplete`, so that the
 * next process after a crash removes it. The caller must hold the lock on `layers`
 * for writing.
 *
 * @throws {DuplicateIdError} If there is a layer of that ID.
 * @throws {LayerNotFoundError} If there is no such parent.
 */
export async function createLayer(
  store: { readonly layers: LayerStore },
  layers: Records<LayerRecord>,
  layer: NewLayer,
): Promise<LayerRecord> {
  const { id } = layer;
  const record = addLayer(layers, layer);
  layers.update({ ...record, flags: { incomplete: true } });
  layers.save();
  try {
    using files = new StagedFiles();
    store.layers.makeTrees([layer], files);
    await files.commit();
  } catch (error) {
    store.layers.removeTree(id);
    layers.remove(id);
    layers.save();
    throw error;
  }
  layers.update(record);
  layers.save();
  return record;
}

/**
 * Adds a layer to the records, which are not saved. The caller ensures that a crash
 * leaves a mark: in the layer's record, or in that of its container.
 *
 * @throws {DuplicateIdError} If there is a layer of that ID.
 * @throws {LayerNotFoundError} If there is no such parent.
 */
export function addLayer(
  layers: Records<LayerRecord>,
  layer: NewLayer,
): LayerRecord {
  const { id, parent } = layer;
  if (layers.get(id) !== undefined) {
    throw new DuplicateIdError(`Cannot create layer "${id}": it exists`);
  }
  if (parent !== undefined && layers.get(parent) === undefined) {
    throw new LayerNotFoundError(
      `Cannot create layer "${id}": its parent "${parent}" is not known`,
    );
  }
  const record = makeRecord(layer);
  layers.add(record);
  return record;
}

function makeRecord(layer: NewLayer): LayerRecord {
  const { id, parent, names, mountLabel, contents, users } = layer;
  return {
    id,
    ...(names?.length && { names }),
    ...(parent !== undefined && { parent }),
    ...(mountLabel && { mountlabel: mountLabel }),
    created: new Date().toISOString(),
    ...contents?.members,
    ...users && toMapMembers(users),
  };
}
