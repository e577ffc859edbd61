/** Restores what a layer lost on disk. */

import { join } from "@std/path";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import {
  isNameThere,
  lstatIfThere,
  readLinkIfThere,
  removeIfThere,
  statIfThere,
} from "../../fs/if_there.ts";
import { listDirectory, listIfDirectory } from "../../fs/list_directory.ts";
import type { Libc } from "../../process/libc.ts";
import { randomShortName } from "../../fs/random_name.ts";
import { removeIfDirectory, removeTreeSync } from "../../fs/remove_tree.ts";
import { syncDirectory } from "../../fs/sync.ts";
import { copyAtomically } from "../../fs/write_atomically.ts";
import { layerDirectory, type StorePaths, tarSplitPath } from "../paths.ts";
import type { RecordView } from "../records/records.ts";
import type { Store } from "../store.ts";
import { isIncomplete } from "./delete_layer.ts";
import { finishDiff } from "./disk_layers.ts";
import {
  expectedLower,
  expectedLowerLayers,
  findLayerFaults,
  findOpenEnd,
  listChain,
  makeLink,
  readShortName,
  writeSmallFile,
} from "./layer_files.ts";
import type { LayerContents } from "./layer_store.ts";

type Layers = Pick<RecordView<LayerRecord>, "records" | "lookUp">;

/**
 * Restores the missing parts of a layer's content. What is there stays, as it may
 * be mounted.
 *
 * @param contents As they were unpacked; `diff` is moved.
 * @returns Whether anything was missing.
 */
export async function restoreContents(
  { paths }: Store,
  layers: Layers,
  { layer, contents }: Replacement,
): Promise<boolean> {
  const directory = layerDirectory(paths, layer.id);
  const found = await findLayerFaults(paths, layers, layer);
  const faults = found.filter(({ kind }) => kind !== "names");
  if (faults.length === 0) return false;
  if (faults.some(({ kind }) => kind === "tree")) {
    if (!lstatIfThere(directory)?.isDirectory) {
      removeIfThere(directory);
      await Deno.mkdir(directory, { mode: 0o700 });
    }
    removeTreeSync(join(directory, "diff")); // empty, or not even a directory
    putDiff(paths, { layer, contents });
  }
  putTarSplit(contents.tarSplit, tarSplitPath(paths, layer.id));
  return true;
}

/**
 * Replaces a layer's content, which must not be mounted. A kill in between leaves a
 * layer without files, which a pull notices.
 *
 * @param contents As they were unpacked; `diff` is moved.
 * @param trash Where to move what was there: on the same mount.
 */
export function replaceContents(
  { paths }: Store,
  { layer, contents, trash }: Replacement & { readonly trash: string },
): void {
  const diff = join(layerDirectory(paths, layer.id), "diff");
  Deno.renameSync(diff, join(trash, `${layer.id}-damaged`));
  putDiff(paths, { layer, contents });
  putTarSplit(contents.tarSplit, tarSplitPath(paths, layer.id));
}

function putTarSplit(source: string, path: string): void {
  removeIfDirectory(path);
  copyAtomically(source, path);
}

interface Replacement {
  readonly layer: LayerRecord;
  readonly contents: Pick<LayerContents, "diff" | "tarSplit" | "root">;
}

function putDiff(paths: StorePaths, { layer, contents }: Replacement): void {
  const directory = layerDirectory(paths, layer.id);
  Deno.renameSync(contents.diff, join(directory, "diff"));
  finishDiff(
    paths,
    { id: layer.id, parent: layer.parent || undefined },
    contents.root,
  );
  for (const changed of [directory, paths.home]) syncDirectory(changed);
}

/**
 * Rebuilds the short names of a layer and of all layers on it, and their lists of
 * lower layers.
 */
export async function restoreNames(
  store: Store,
  layers: Layers,
  id: LayerId,
): Promise<void> {
  const { paths } = store;
  const layer = layers.lookUp(id);
  if (layer === undefined) return;
  const directory = layerDirectory(paths, id);
  for (const name of ["work", "merged", ...layer.parent ? [] : ["empty"]]) {
    const path = join(directory, name);
    await Deno.mkdir(path, { recursive: true });
    await Deno.chmod(path, 0o700);
  }
  if (readShortName(directory) === undefined) {
    const name = findShortName(paths, id) ?? randomShortName();
    removeIfDirectory(join(directory, "link"));
    writeSmallFile(join(directory, "link"), name);
  }
  for (const other of layers.records) {
    if (!listChain(layers, other.id).includes(layer)) continue;
    await restoreLower(paths, layers, other);
  }
  restoreShortLink(store, id);
}

async function restoreLower(
  paths: StorePaths,
  layers: Layers,
  layer: LayerRecord,
): Promise<void> {
  // Short names in a read-only store, and what is below there, are not known here.
  if (findOpenEnd(layers, layer.parent) !== undefined) return;
  const directory = layerDirectory(paths, layer.id);
  const files = ["lower", "lower-layers"].map((name) => join(directory, name));
  const faults = await findLayerFaults(paths, layers, layer);
  if (!faults.some(({ path }) => files.includes(path))) return;
  const texts = [
    expectedLower(paths, layers, layer),
    expectedLowerLayers(layers, layer),
  ];
  for (const [index, path] of files.entries()) {
    const text = texts[index];
    if (layer.parent) removeIfDirectory(path);
    else removeTreeSync(path);
    if (layer.parent && text !== undefined) writeSmallFile(path, text);
  }
}

/** A link may still be there when the layer's `link` file is lost. */
function findShortName(
  { links }: StorePaths,
  id: LayerId,
): string | undefined {
  return listDirectory(links).find((name) =>
    readLinkIfThere(join(links, name)) === `../${id}/diff`
  );
}

/**
 * Rebuilds links that are missing or lead elsewhere, as containers/storage does
 * when it opens a store. They are checked only if they changed after the records
 * were saved: a tool that makes or removes a layer saves the records last.
 */
export function restoreShortLinks(store: Store, layers: Layers): void {
  const { paths } = store;
  const savedMs = Math.max(
    ...["layers.json", "volatile-layers.json"].map((name) =>
      modifiedMs(join(paths.layers, name), store.libc)
    ),
  );
  // Within the same millisecond the order is unknown.
  if (modifiedMs(paths.links, store.libc) < savedMs) return;
  const names = new Set(listIfDirectory(paths.links));
  const known = shortNames.get(paths.links);
  const checked = new Map<LayerId, string>();
  for (const layer of layers.records) {
    if (isIncomplete(layer)) continue;
    const { id } = layer;
    const before = known?.get(id);
    const name = before !== undefined && names.has(before)
      ? before
      : restoreShortLink(store, id);
    if (name !== undefined) checked.set(id, name);
  }
  shortNames.set(paths.links, checked);
}

/**
 * The short names of layers whose links were correct, by the directory of the links.
 * Tools make and remove links, but lead none elsewhere.
 */
const shortNames = new Map<string, ReadonlyMap<LayerId, string>>();

/**
 * Rebuilds the link of a layer, if it has a short name.
 *
 * @returns The short name.
 */
export function restoreShortLink(
  store: Store,
  id: LayerId,
): string | undefined {
  const { paths } = store;
  const name = readShortName(layerDirectory(paths, id));
  if (name === undefined) return undefined;
  const path = join(paths.links, name);
  const target = `../${id}/diff`;
  const actual = readLinkIfThere(path);
  // Another layer with the same short name may own the link.
  if (actual === target || isOwned(paths, actual, name)) return name;
  Deno.mkdirSync(paths.links, { recursive: true });
  removeTreeSync(path); // the next command makes a link that is missing
  makeLink(store, target, path);
  syncDirectory(paths.links);
  return name;
}

function isOwned(
  { home }: StorePaths,
  target: string | undefined,
  name: string,
): boolean {
  const id = /^\.\.\/([^/]+)\/diff$/.exec(target ?? "")?.[1];
  return id !== undefined && readShortName(join(home, id)) === name;
}

function modifiedMs(path: string, libc: Libc | undefined): number {
  if (libc !== undefined && !isNameThere(path, libc)) return 0;
  return statIfThere(path)?.mtime?.getTime() ?? 0;
}
