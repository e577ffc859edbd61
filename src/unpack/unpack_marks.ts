/**
 * Whiteouts and opaque marks. They hide files of lower layers only, at any position
 * in the archive: OCI image-spec v1.1, layer.md, "Whiteouts". So they wait until
 * all entries are there.
 */

import type { TarEntry } from "../formats/tar/tar_entry.ts";
import { sanitizeAttributes } from "./unpack_attributes.ts";
import type { SplitPath } from "./unpack_names.ts";
import type { LayerDirectory, LayerTree } from "./unpack_tree.ts";

/** A directory that marks are in. */
interface MarkedDirectory {
  readonly directory: LayerDirectory;
  /** Whether nothing of lower layers can be seen in it. */
  readonly isHidden: boolean;
}

/** The marks of a layer. */
export class LayerMarks {
  readonly #whiteouts = new Map<string, Map<string, TarEntry>>();
  readonly #opaque = new Set<string>();

  /** Adds a whiteout. @returns Whether it is new. */
  addWhiteout({ parent, base }: SplitPath, entry: TarEntry): boolean {
    const siblings = this.#whiteouts.get(parent) ?? new Map<string, TarEntry>();
    this.#whiteouts.set(parent, siblings);
    if (siblings.has(base)) return false;
    siblings.set(base, sanitizeAttributes(entry));
    return true;
  }

  /** Adds an opaque mark. @returns Whether it is new. */
  addOpaque(parent: string): boolean {
    if (this.#opaque.has(parent)) return false;
    this.#opaque.add(parent);
    return true;
  }

  /**
   * Applies to a tree those that still hide something.
   *
   * @returns Whether there were any.
   */
  apply(tree: LayerTree): boolean {
    for (const path of this.#opaque) {
      const found = this.#find(tree, path);
      if (found !== undefined) found.directory.isOpaque = true;
    }
    for (const [parent, bases] of this.#whiteouts) {
      const found = this.#find(tree, parent);
      if (found !== undefined) hide(tree, found, bases);
    }
    return this.#opaque.size + this.#whiteouts.size > 0;
  }

  /**
   * Finds a directory that marks are in, or makes it, as other paths imply theirs;
   * `undefined` if there cannot be one. Symlinks of this layer are not followed:
   * they, too, hide what is below.
   */
  #find(tree: LayerTree, path: string): MarkedDirectory | undefined {
    let directory = tree.root;
    let isHidden = this.#opaque.has("");
    for (let end = 0; end < path.length;) {
      const start = end === 0 ? 0 : end + 1;
      end = path.indexOf("/", start);
      if (end < 0) end = path.length;
      const name = path.slice(start, end);
      const parent = path.slice(0, Math.max(start - 1, 0));
      const isGone = this.#whiteouts.get(parent)?.has(name) === true;
      const node = directory.children?.get(name);
      if (node === undefined) {
        if (isGone) return undefined;
        directory = tree.addDirectory(directory, name);
      } else if (typeof node !== "string" && node.kind === "directory") {
        directory = node;
      } else {
        return undefined;
      }
      isHidden ||= isGone || this.#opaque.has(path.slice(0, end));
    }
    return { directory, isHidden };
  }
}

/**
 * What this layer has itself stays; its directories begin again. Where nothing can
 * be seen of lower layers, overlayfs would list whiteouts.
 */
function hide(
  tree: LayerTree,
  { directory, isHidden }: MarkedDirectory,
  bases: ReadonlyMap<string, TarEntry>,
): void {
  for (const [base, entry] of bases) {
    const node = directory.children?.get(base);
    if (node === undefined) {
      if (!isHidden) tree.add(directory, base, { kind: "whiteout", entry });
    } else if (typeof node !== "string" && node.kind === "directory") {
      node.isOpaque = true;
    }
  }
}
