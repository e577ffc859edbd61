/** Puts a layer into a store: its record, and its directory in the home. */

import { join } from "@std/path";
import { DuplicateIdError } from "../../errors/naming_errors.ts";
import { LayerNotFoundError } from "../../errors/not_found_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import type { RootAttributes } from "../../formats/tar/tar_entry.ts";
import { randomShortName } from "../../fs/random_name.ts";
import { StagedFiles } from "../../fs/staged_files.ts";
import { copyAtomically } from "../../fs/write_atomically.ts";
import { layerDirectory, type StorePaths, tarSplitPath } from "../paths.ts";
import type { Records } from "../records/records.ts";
import type { Store } from "../store.ts";
import { removeLayerFiles } from "./delete_layer.ts";
import { makeLink } from "./layer_files.ts";
import { makeLower } from "./lower_files.ts";

/** A layer to be. */
export interface NewLayer {
  readonly id: LayerId;
  readonly parent?: LayerId | undefined;
  readonly names?: readonly string[];
  readonly mountLabel?: string;
  /** What it holds; left out, it is empty. */
  readonly contents?: LayerContents;
}

/** What layers without an entry for it take over. */
type InheritedRoot = Omit<RootAttributes, "mtime">;

/** An unpacked layer, ready to be moved into the store, and on the disk. */
export interface LayerContents {
  /** The tree; on the same mount as the driver's home. It is moved. */
  readonly diff: string;
  /** The tar-split file; it is copied. */
  readonly tarSplit: string;
  /** Digests, sizes, owners. */
  readonly members: Partial<LayerRecord>;
  /** How the layer wants the root directory; left out, as its parent's. */
  readonly root?: RootAttributes | undefined;
}

// Other tools' users may read what layers are called.
const NAME_MODE = 0o644;
// The mode of an image's root directory, unless its tar has an entry for `/`.
const ROOT_MODE = 0o555;

/**
 * Creates a layer. Until it is whole its record says `incomplete`, so that whoever
 * finds it after a crash removes it; the lock on `layers` must be held for writing,
 * and is held all the time.
 *
 * @throws {DuplicateIdError} If there is a layer of that ID.
 * @throws {LayerNotFoundError} If there is no such parent.
 */
export async function createLayer(
  store: Store,
  layers: Records<LayerRecord>,
  layer: NewLayer,
): Promise<LayerRecord> {
  const { id, contents } = layer;
  const record = addLayer(layers, layer);
  layers.update({ ...record, flags: { incomplete: true } });
  layers.save();
  try {
    using files = new StagedFiles();
    makeLayerDirectory(store, layer, files);
    if (contents) {
      copyAtomically(contents.tarSplit, tarSplitPath(store.paths, id));
    }
    await files.commit();
  } catch (error) {
    removeLayerFiles(store, id);
    layers.remove(id);
    layers.save();
    throw error;
  }
  layers.update(record);
  layers.save();
  return record;
}

/**
 * Adds a layer to the records, which are not saved. Its maker sees to it that a
 * crash leaves a mark: in its own record, or in that of its container.
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
  const { id, parent, names, mountLabel, contents } = layer;
  return {
    id,
    ...(names?.length && { names }),
    ...(parent !== undefined && { parent }),
    ...(mountLabel && { mountlabel: mountLabel }),
    created: new Date().toISOString(),
    ...contents?.members,
  };
}

/** Makes what a layer has on disk, but for the names that `files` gives it. */
export function makeLayerDirectory(
  store: Store,
  { id, parent, contents }: Pick<NewLayer, "id" | "parent" | "contents">,
  files: StagedFiles,
): void {
  const { paths } = store;
  const directory = layerDirectory(paths, id);
  const below = parent === undefined ? undefined : makeLower(paths, parent);
  removeLayerFiles(store, id); // of a crash
  Deno.mkdirSync(directory, { mode: 0o700 });
  const diff = join(directory, "diff");
  if (contents === undefined) Deno.mkdirSync(diff);
  else Deno.renameSync(contents.diff, diff);
  finishDiff(paths, { id, parent }, contents?.root);

  const shortName = randomShortName();
  files.write(join(directory, "link"), shortName, NAME_MODE);
  if (below !== undefined) {
    files.write(join(directory, "lower"), below.lower, NAME_MODE);
  }
  if (below?.lowerLayers !== undefined) {
    files.write(join(directory, "lower-layers"), below.lowerLayers, NAME_MODE);
  }
  const others = ["work", "merged", ...(below === undefined ? ["empty"] : [])];
  for (const name of others) {
    Deno.mkdirSync(join(directory, name));
    Deno.chmodSync(join(directory, name), 0o700);
  }
  // Not before the directory says that it is its own: a crash would leave it.
  files.afterwards(() =>
    makeLink(store, `../${id}/diff`, join(paths.links, shortName))
  );
  files.keep(diff, directory, paths.links, paths.home);
}

/** A child's root directory looks as its parent's: store-layout of the library. */
function inheritRoot(
  paths: StorePaths,
  parent: LayerId | undefined,
): InheritedRoot {
  if (parent === undefined) return { mode: ROOT_MODE, uid: 0, gid: 0 };
  const path = join(layerDirectory(paths, parent), "diff");
  const { mode, uid, gid } = Deno.statSync(path);
  return { mode: mode ?? ROOT_MODE, uid: uid ?? 0, gid: gid ?? 0 };
}

/** Gives a layer's root the attributes of its image, or else of its parent. */
export function finishDiff(
  paths: StorePaths,
  { id, parent }: Pick<NewLayer, "id" | "parent">,
  root: LayerContents["root"],
): void {
  const diff = join(layerDirectory(paths, id), "diff");
  applyRootAttributes(diff, root ?? inheritRoot(paths, parent));
}

function applyRootAttributes(
  diff: string,
  { mode, uid, gid, mtime }: InheritedRoot & Partial<RootAttributes>,
): void {
  if (Deno.uid() === 0) Deno.chownSync(diff, uid, gid);
  Deno.chmodSync(diff, mode & 0o7777);
  if (mtime !== undefined) Deno.utimeSync(diff, mtime, mtime);
}
