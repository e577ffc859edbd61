/** What the hard links of a layer stand for. */

import type { TarEntry } from "../formats/tar/tar_entry.ts";
import { cleanPath, refuse } from "./unpack_names.ts";
import {
  findNode,
  type LayerDirectory,
  type LayerNode,
  type LayerTree,
} from "./unpack_tree.ts";

/** What a hard link is to, and where that is. */
export interface LinkTarget {
  readonly directory: LayerDirectory;
  readonly base: string;
  readonly node: LayerNode;
}

/**
 * Finds what the entry of a hard link names.
 *
 * @throws {InvalidLayerError} If this layer has no such file.
 */
export function findLinkTarget(
  tree: LayerTree,
  { name, linkName }: Pick<TarEntry, "linkName" | "name">,
): LinkTarget {
  const path = cleanPath(linkName);
  const slash = path.lastIndexOf("/");
  const base = path.slice(slash + 1);
  const parent = slash < 0 ? "" : path.slice(0, slash);
  const { directory } = tree.findDirectory(parent, "refuse");
  const node = directory.children?.get(base);
  if (node === undefined) {
    throw refuse(name, "it is a hard link to what this layer does not hold");
  }
  if (typeof node === "object" && node.kind === "directory") {
    throw refuse(name, "it is a hard link to a directory");
  }
  return { directory, base, node };
}

/** The file that a waiting hard link stands for; all else stands for itself. */
export function followLink(tree: LayerTree, node: LayerNode): LayerNode {
  if (typeof node === "string" || node.kind !== "spooled-link") return node;
  const target = findNode(tree.root, node.target.slice(2));
  return target?.directory.children?.get(target.base) ?? node;
}
