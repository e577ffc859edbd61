/**
 * Whiteouts and opaque marks. They hide what is in lower layers, wherever they stand
 * in the archive, and nothing else: OCI image-spec v1.1, layer.md, "Whiteouts". So
 * they wait until all entries are there.
 */

import type { TarEntry } from "../formats/tar_entry.ts";
import { sanitizeAttributes } from "./unpack_attributes.ts";
import type { SplitPath } from "./unpack_names.ts";
import type { LayerDirectory, LayerTree } from "./unpack_tree.ts";

/** The marks of a layer. */
export interface LayerMarks {
  /** @returns Whether it is new. */
  addWhiteout(path: SplitPath, entry: TarEntry): boolean;
  /** @returns Whether it is new. */
  addOpaque(parent: string): boolean;
  /**
   * Puts those into a tree that still hide something.
   *
   * @returns Whether there were any.
   */
  apply(tree: LayerTree): boolean;
}

/** Creates an empty set of marks. */
export function createLayerMarks(): LayerMarks {
  const whiteouts = new Map<string, Map<string, TarEntry>>();
  const opaque = new Set<string>();
  return {
    addWhiteout({ parent, base }, entry) {
      const siblings = whiteouts.get(parent) ?? new Map<string, TarEntry>();
      whiteouts.set(parent, siblings);
      if (siblings.has(base)) return false;
      siblings.set(base, sanitizeAttributes(entry));
      return true;
    },
    addOpaque(parent) {
      if (opaque.has(parent)) return false;
      opaque.add(parent);
      return true;
    },
    apply(tree) {
      for (const path of opaque) markOpaque(tree, path);
      for (const [parent, bases] of whiteouts) {
        const directory = findVisible(tree, parent);
        if (directory !== undefined) hide(tree, directory, bases);
      }
      return opaque.size + whiteouts.size > 0;
    },
  };

  function markOpaque(tree: LayerTree, path: string): void {
    if (path === "") {
      tree.root.isOpaque = true;
      return;
    }
    const slash = path.lastIndexOf("/");
    const above = findVisible(tree, slash < 0 ? "" : path.slice(0, slash));
    const directory = above === undefined
      ? undefined
      : step(tree, above, path.slice(slash + 1));
    if (directory !== undefined) directory.isOpaque = true;
  }

  /**
   * Finds a directory below which lower layers can still be seen. Symlinks of this
   * layer are not followed: they, too, hide what is below.
   */
  function findVisible(
    tree: LayerTree,
    path: string,
  ): LayerDirectory | undefined {
    if (opaque.has("")) return undefined;
    let directory = tree.root;
    if (path === "") return directory;
    for (let end = 0; end < path.length;) {
      const start = end === 0 ? 0 : end + 1;
      end = path.indexOf("/", start);
      if (end < 0) end = path.length;
      const name = path.slice(start, end);
      const isHidden = opaque.has(path.slice(0, end)) ||
        isWhitedOut(path.slice(0, Math.max(start - 1, 0)), name);
      const next = isHidden ? undefined : step(tree, directory, name);
      if (next === undefined) return undefined;
      directory = next;
    }
    return directory;
  }

  /** Finds or makes a child that is a directory. */
  function step(
    tree: LayerTree,
    directory: LayerDirectory,
    name: string,
  ): LayerDirectory | undefined {
    const node = directory.children?.get(name);
    if (node !== undefined) {
      return typeof node !== "string" && node.kind === "directory"
        ? node
        : undefined;
    }
    const path = directory === tree.root ? "" : directory.path.slice(2);
    if (isWhitedOut(path, name)) return undefined;
    return tree.addDirectory(directory, name);
  }

  function isWhitedOut(parent: string, name: string): boolean {
    return whiteouts.get(parent)?.has(name) === true;
  }
}

/** What this layer has itself stays; its directories begin anew. */
function hide(
  tree: LayerTree,
  directory: LayerDirectory,
  bases: ReadonlyMap<string, TarEntry>,
): void {
  for (const [base, entry] of bases) {
    const node = directory.children?.get(base);
    if (node === undefined) {
      tree.add(directory, base, { kind: "whiteout", entry });
    } else if (typeof node !== "string" && node.kind === "directory") {
      node.isOpaque = true;
    }
  }
}
