/** Layers on a disk: their directories in the driver's home. */

import { join } from "@std/path";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { toHostOwner } from "../../formats/storage/user_map.ts";
import type { RootAttributes } from "../../formats/tar/tar_entry.ts";
import { isNameThere, isThere } from "../../fs/if_there.ts";
import { randomShortName } from "../../fs/random_name.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import type { StagedFiles } from "../../fs/staged_files.ts";
import { syncDirectory } from "../../fs/sync.ts";
import { copyAtomically } from "../../fs/write_atomically.ts";
import type { Libc } from "../../process/libc.ts";
import { layerDirectory, type StorePaths, tarSplitPath } from "../paths.ts";
import {
  findLayerFaults,
  makeLink,
  markLinksCurrent,
  readShortName,
} from "./layer_files.ts";
import type { LayerContents, LayerStore, NewTree } from "./layer_store.ts";
import { makeLower } from "./lower_files.ts";
import { nameInTrash } from "./trash.ts";

/** Where layers are kept, and how links are made. */
interface DiskStore {
  readonly paths: StorePaths;
  readonly libc: Libc | undefined;
}

/** Attributes that a layer without an entry for `/` inherits. */
type InheritedRoot = Omit<RootAttributes, "mtime">;

// Unprivileged users of other tools read the names of layers.
const NAME_MODE = 0o644;
// The mode of an image's root directory, unless its tar has an entry for `/`.
const ROOT_MODE = 0o555;

/** Opens the layers of a store. */
export function openDiskLayers(disk: DiskStore): LayerStore {
  const { paths } = disk;
  return {
    makeTrees(layers, files) {
      for (const layer of layers) makeLayerDirectory(disk, layer, files);
      files.afterwards(() => markLinksCurrent(paths));
    },
    findFaults: (records, layer) => findLayerFaults(paths, records, layer),
    removeTree: (id, trash) => removeLayerFiles(disk, id, trash),
    // Some file systems keep no order of their own between directories: btrfs.
    syncRemovals: () => syncDirectory(paths.home),
  };
}

/** Makes a layer's directory, except for the name files, which `files` stages. */
function makeLayerDirectory(
  store: DiskStore,
  { id, parent, contents, users }: NewTree,
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
  finishDiff(paths, { id, parent, users }, contents?.root);

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
  // After the directory has its `link` file: a crash before that would leave this
  // link.
  files.afterwards(() =>
    makeLink(store, `../${id}/diff`, join(paths.links, shortName))
  );
  files.keep(diff, directory, paths.links, paths.home);
  if (contents === undefined) return;
  copyAtomically(contents.tarSplit, tarSplitPath(paths, id));
}

/**
 * containers/storage gives a child's root directory the attributes of its parent's.
 */
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
  { id, parent, users }: Pick<NewTree, "id" | "parent" | "users">,
  root: LayerContents["root"],
): void {
  const diff = join(layerDirectory(paths, id), "diff");
  const attributes = root ?? inheritRoot(paths, parent);
  const owner = users && toHostOwner(users, attributes);
  applyRootAttributes(diff, { ...attributes, ...owner });
}

function applyRootAttributes(
  diff: string,
  { mode, uid, gid, mtime }: InheritedRoot & Partial<RootAttributes>,
): void {
  if (Deno.uid() === 0) Deno.chownSync(diff, uid, gid);
  Deno.chmodSync(diff, mode & 0o7777);
  if (mtime !== undefined) Deno.utimeSync(diff, mtime, mtime);
}

/**
 * Removes what a layer has on disk: the link first, as the library does, since that
 * fails on links without a directory. What is gone already is no error.
 *
 * @param trash Takes the directory; if omitted, it is removed at once.
 */
function removeLayerFiles(
  { paths, libc }: DiskStore,
  id: LayerId,
  trash?: Parameters<LayerStore["removeTree"]>[1],
): void {
  const directory = layerDirectory(paths, id);
  const shortName = isNameThere(directory, libc)
    ? readShortName(directory)
    : undefined;
  if (shortName !== undefined) {
    removeTreeSync(join(paths.links, shortName), libc);
  }
  if (trash !== undefined && isThere(directory, libc)) {
    const { path } = trash;
    const kind = isThere(tarSplitPath(paths, id), libc) ? "image" : "container";
    if (path !== undefined) {
      Deno.renameSync(directory, join(path, nameInTrash(id, kind)));
    }
  }
  removeTreeSync(directory, libc);
  removeTreeSync(tarSplitPath(paths, id), libc);
  removeTreeSync(join(paths.layers, id), libc);
}
