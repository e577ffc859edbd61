/** Checks the files of a layer on disk, apart from its content. */

import { join } from "@std/path";
import {
  DamagedFileError,
  UnsupportedStoreError,
} from "../../errors/store_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { isErrno } from "../../fs/errno.ts";
import { lstatIfThere, readText, statIfThere } from "../../fs/if_there.ts";
import { listDirectory } from "../../fs/list_directory.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import type { Libc } from "../../process/libc.ts";
import { layerDirectory, type StorePaths, tarSplitPath } from "../paths.ts";
import type { TableView } from "../records/record_files.ts";
import type { LayerFault } from "./layer_store.ts";

type Layers = Pick<TableView<LayerRecord>, "lookUp">;

const FAULT_KINDS = ["tree", "archive", "names"] as const;
const OTHER_LAYERS = "it names other layers than those below";

/** A layer and those below it, topmost first. */
export function listChain(
  layers: Layers,
  top: LayerId | undefined,
): readonly LayerRecord[] {
  const chain = new Set<LayerRecord>();
  let layer = layers.lookUp(top ?? "");
  while (layer !== undefined && !chain.has(layer)) {
    chain.add(layer);
    layer = layers.lookUp(layer.parent ?? "");
  }
  return [...chain];
}

/** Finds what is wrong with a layer itself. */
export async function findLayerFaults(
  paths: StorePaths,
  layers: Layers,
  layer: LayerRecord,
): Promise<readonly LayerFault[]> {
  const directory = layerDirectory(paths, layer.id);
  const whole = findDirectoryFault(directory);
  if (whole !== undefined) return [{ kind: "tree", ...whole }];
  const found: Record<LayerFault["kind"], readonly (Found | undefined)[]> = {
    tree: [
      findDirectoryFault(join(directory, "diff")) ??
        await findLoss(paths, layer),
    ],
    archive: layer["diff-digest"] === undefined
      ? []
      : [findFileFault(tarSplitPath(paths, layer.id))],
    names: [
      findLinkFault(directory),
      findLowerFault(paths, layers, layer),
      findLowerLayersFault(paths, layers, layer),
    ],
  };
  return FAULT_KINDS.flatMap((kind) =>
    found[kind].flatMap((fault) => fault ? [{ kind, ...fault }] : [])
  );
}

/** Reads a layer's short name; undefined if it has none, or a damaged one. */
export function readShortName(directory: string): string | undefined {
  const name = readIfFile(join(directory, "link"));
  // It becomes part of a path. Tools before this one left a newline.
  return /^[A-Z2-7]{26}\n?$/.exec(name ?? "")?.[0].trim();
}

/** The expected text of `lower`; undefined if a layer below has no short name. */
export function expectedLower(
  paths: StorePaths,
  layers: Layers,
  { parent }: LayerRecord,
): string | undefined {
  const names = listChain(layers, parent)
    .map(({ id }) => readShortName(layerDirectory(paths, id)));
  if (names.includes(undefined)) return undefined;
  return names.map((name) => `l/${name}`).join(":");
}

/**
 * The expected text of `lower-layers`; its beginning if a read-only store has the
 * layers below.
 */
export function expectedLowerLayers(
  layers: Layers,
  { parent }: LayerRecord,
): string {
  const ids = listChain(layers, parent).map(({ id }) => id);
  const end = findOpenEnd(layers, parent);
  return [...ids, ...end === undefined ? [] : [end]].join(":");
}

type Found = Pick<LayerFault, "path" | "found">;

function findDirectoryFault(path: string): Found | undefined {
  const info = lstatIfThere(path);
  if (info === undefined) return { path, found: "it is missing" };
  return info.isDirectory ? undefined : { path, found: "it is no directory" };
}

function findFileFault(path: string): Found | undefined {
  const info = statIfThere(path);
  if (info === undefined) return { path, found: "it is missing" };
  if (!info.isFile) return { path, found: "it is no file" };
  return info.size > 0 ? undefined : { path, found: "it is empty" };
}

function findLinkFault(directory: string): Found | undefined {
  const path = join(directory, "link");
  if (readShortName(directory) !== undefined) return undefined;
  return findFileFault(path) ?? { path, found: "it holds no short name" };
}

function findLowerFault(
  paths: StorePaths,
  layers: Layers,
  layer: LayerRecord,
): Found | undefined {
  const path = join(layerDirectory(paths, layer.id), "lower");
  const actual = readIfFile(path);
  if (!layer.parent) return findUnexpected(path, actual);
  if (actual === undefined || actual === "") return findFileFault(path);
  if (!/^l\/[A-Z2-7]+(:l\/[A-Z2-7]+)*\n?$/.test(actual)) {
    return { path, found: "it names no layers" };
  }
  if (findOpenEnd(layers, layer.parent) !== undefined) return undefined;
  const expected = expectedLower(paths, layers, layer);
  if (expected === undefined || actual.trim() === expected) return undefined;
  return { path, found: OTHER_LAYERS };
}

/** Tools before containers/storage 1.63 write none, and mount by `lower`. */
function findLowerLayersFault(
  paths: StorePaths,
  layers: Layers,
  layer: LayerRecord,
): Found | undefined {
  const path = join(layerDirectory(paths, layer.id), "lower-layers");
  const actual = readIfFile(path);
  if (!layer.parent) return findUnexpected(path, actual);
  if (actual === undefined) {
    return lstatIfThere(path) && { path, found: "it is no file" };
  }
  if (actual === "") return { path, found: "it is empty" };
  const expected = expectedLowerLayers(layers, layer);
  const isAsExpected = actual === expected ||
    findOpenEnd(layers, layer.parent) !== undefined &&
      actual.startsWith(`${expected}:`);
  return isAsExpected ? undefined : { path, found: OTHER_LAYERS };
}

function findUnexpected(
  path: string,
  text: string | undefined,
): Found | undefined {
  return text === undefined
    ? undefined
    : { path, found: "its layer is to have none, as nothing is below it" };
}

/** A layer of a read-only store, which has no record here. */
export function findOpenEnd(
  layers: Layers,
  parent: LayerId | undefined,
): LayerId | undefined {
  const lowest = listChain(layers, parent).at(-1);
  const end = lowest === undefined ? parent : lowest.parent;
  return end && layers.lookUp(end) === undefined ? end : undefined;
}

/** Detects that all files were removed: the tar-split list names some. */
async function findLoss(
  paths: StorePaths,
  layer: LayerRecord,
): Promise<Found | undefined> {
  if (layer["diff-digest"] === undefined) return undefined;
  const path = join(layerDirectory(paths, layer.id), "diff");
  if (listDirectory(path).length > 0) return undefined;
  const { listsFiles } = await import("./tar_split_files.ts"); // loads node:zlib
  return listsFiles(tarSplitPath(paths, layer.id))
    ? { path, found: "it is empty, and its image has files there" }
    : undefined;
}

function readIfFile(path: string): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    const codes = ["ENOENT", "ENOTDIR", "EISDIR", "ELOOP"];
    const isOther = error instanceof DamagedFileError;
    if (isOther || isErrno(error, ...codes)) return undefined;
    throw error;
  }
}

/** Writes a small file that others read, atomically. */
export function writeSmallFile(path: string, text: string): void {
  writeAtomically(path, text, { mode: 0o644, directory: "later" });
}

/** Makes a symbolic link. */
export function makeLink(
  { libc }: { readonly libc: Libc | undefined },
  target: string,
  path: string,
): void {
  if (libc !== undefined) return libc.symlink(target, path);
  try {
    Deno.symlinkSync(target, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new UnsupportedStoreError(
      `Cannot make link "${path}": that takes libc (the ffi permission), or ` +
        "else reading and writing everywhere",
    );
  }
}

/**
 * Marks the links as known, although the records were saved before the last link
 * was made: otherwise the next command would look at the links of all layers. The
 * caller holds the layers for writing, so no other process has made a link since.
 */
export function markLinksCurrent({ links, layers }: StorePaths): void {
  const saved = Deno.statSync(join(layers, "layers.json")).mtime?.getTime() ??
    0;
  const time = new Date(saved - 1); // Deno truncates file times to 1 ms
  Deno.utimeSync(links, time, time);
}
