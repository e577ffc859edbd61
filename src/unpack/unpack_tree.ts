/**
 * What exists in a layer while it is unpacked. On disk there are only plain files
 * and directories, so that no path there leaves the layer; symlinks are here.
 */

import { decodeBinaryString } from "../formats/binary_string.ts";
import type { TarEntry } from "../formats/tar/tar_entry.ts";
import { LayerChildren } from "./layer_children.ts";
import { refuse } from "./unpack_names.ts";

/** Something in a layer. */
export type LayerNode = PlainNode | OtherNode;

/**
 * A plain file: written with content, written without, or put into the spool. It needs
 * no more than a word, since a layer may have a million.
 */
type PlainNode = "empty-file" | "file" | SpooledFile;

type OtherNode = LayerDirectory | LayerSpecial | LayerSpooledLink;

type Children = LayerChildren<PlainNode, OtherNode>;

/** A file in the spool, and its attributes, as `spooled 644 0 0 1600000000`. */
export type SpooledFile = `spooled ${string}`;

/** A directory; on disk, unless its name is not UTF-8. */
export interface LayerDirectory {
  readonly kind: "directory";
  readonly parent: LayerDirectory | undefined;
  /** As in the spool: `.` or `./usr/lib`, a binary string. */
  readonly path: string;
  /** Where it is on disk; `undefined` if text cannot say that. */
  readonly diskPath: string | undefined;
  /** What the layer says of it; `undefined` if that is nothing. */
  entry: TarEntry | undefined;
  isOpaque: boolean;
  children: Children | undefined;
}

/** What only the spool can make, and has no content. */
export interface LayerSpecial {
  readonly kind: "special" | "whiteout";
  readonly entry: TarEntry;
}

/** A hard link that only the spool can make. */
export interface LayerSpooledLink {
  readonly kind: "spooled-link";
  /** As in the spool. */
  readonly target: string;
}

/** Where a path's parent is. */
export interface ParentPlace {
  readonly directory: LayerDirectory;
  /** Whether a symlink was on the way. */
  readonly isAliased: boolean;
}

/** What to do with directories that are not there. */
export type MissingParents = "create" | "refuse";

// As many as Linux follows.
const MAX_SYMLINKS = 40;

/** The tree of a layer: at first, only a root. */
export class LayerTree {
  /** What all is below. */
  readonly root: LayerDirectory;
  readonly #onDirectory: (directory: LayerDirectory) => void;
  // Archives come a directory at a time, so the last answer is the next one.
  #lastPath = "";
  #last: ParentPlace;

  /**
   * @param diskPath Where the root is.
   * @param onDirectory Is told of each new directory.
   */
  constructor(
    diskPath: string,
    onDirectory: (directory: LayerDirectory) => void,
  ) {
    this.#onDirectory = onDirectory;
    this.root = {
      kind: "directory",
      parent: undefined,
      path: ".",
      diskPath,
      entry: undefined,
      isOpaque: false,
      children: undefined,
    };
    this.#last = { directory: this.root, isAliased: false };
  }

  /**
   * Finds a directory, going through symlinks inside the layer.
   *
   * @param path Clean, relative to the root; `""` is the root.
   * @throws {InvalidLayerError} If it leads to none.
   */
  findDirectory(path: string, missing: MissingParents): ParentPlace {
    if (path === this.#lastPath) return this.#last;
    const place = this.#walk(path, missing);
    // Most are not asked for again.
    if (place.directory !== this.#last.directory) {
      this.#last.directory.children?.pack();
    }
    this.#lastPath = path;
    this.#last = place;
    return place;
  }

  /** Adds a directory. */
  addDirectory(
    parent: LayerDirectory,
    name: string,
    entry?: TarEntry,
  ): LayerDirectory {
    const directory: LayerDirectory = {
      kind: "directory",
      parent,
      path: `${parent.path}/${name}`,
      diskPath: diskPathOf(parent, name),
      entry,
      isOpaque: false,
      children: undefined,
    };
    childrenOf(parent).set(name, directory);
    this.#onDirectory(directory);
    return directory;
  }
  /** Adds anything but a directory. */
  add(parent: LayerDirectory, name: string, node: LayerNode): void {
    childrenOf(parent).set(name, node);
  }

  /** Takes something out. */
  remove(parent: LayerDirectory, name: string): void {
    parent.children?.delete(name);
    this.#lastPath = "";
    this.#last = { directory: this.root, isAliased: false };
  }

  #walk(path: string, missing: MissingParents): ParentPlace {
    const pending = path.split("/").reverse();
    // Components below this height are the path's own, not a symlink's.
    let own = pending.length;
    let links = 0;
    let directory = this.root;
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const mayCreate = missing === "create" && pending.length < own;
      own = Math.min(own, pending.length);
      const next = this.#step(directory, name, mayCreate ? "create" : "refuse");
      if (next === undefined) throw refuse(path, "no such directory");
      if (typeof next === "string" || next.kind === "spooled-link") {
        throw refuse(path, "it is not a directory");
      }
      if (next.kind === "directory") {
        directory = next;
        continue;
      }
      const { type, linkName } = next.entry;
      if (type !== "symlink") throw refuse(path, "it is not a directory");
      if (++links > MAX_SYMLINKS) throw refuse(path, "too many symlinks");
      if (linkName.startsWith("/")) directory = this.root;
      pending.push(...linkName.split("/").reverse());
    }
    return { directory, isAliased: links > 0 };
  }

  /** Where a component leads; `undefined` if nowhere. */
  #step(
    directory: LayerDirectory,
    name: string,
    missing: MissingParents,
  ): LayerNode | undefined {
    if (name === "" || name === ".") return directory;
    if (name === "..") return directory.parent ?? this.root;
    const node = directory.children?.get(name);
    if (node !== undefined || missing === "refuse") return node;
    return this.addDirectory(directory, name);
  }
}

/** Where something is on disk; `undefined` if text cannot say that. */
export function diskPathOf(
  parent: LayerDirectory,
  name: string,
): string | undefined {
  if (parent.diskPath === undefined) return undefined;
  const text = decodeBinaryString(name);
  return text === undefined ? undefined : `${parent.diskPath}/${text}`;
}

/** Whether something is a file in the spool. */
export function isSpooledFile(node: LayerNode): node is SpooledFile {
  return typeof node === "string" && node.startsWith("spooled ");
}

/** Lists all below a directory, each directory after what is in it. */
export function* listTree(
  top: LayerDirectory,
): Generator<readonly [LayerDirectory, string, LayerNode]> {
  const stack = [{ directory: top, name: "", rest: entriesOf(top) }];
  for (let last = stack.at(-1); last !== undefined; last = stack.at(-1)) {
    const { directory, name, rest } = last;
    const next = rest.next();
    if (next.done === true) {
      stack.pop();
      const above = stack.at(-1);
      if (above !== undefined) yield [above.directory, name, directory];
      continue;
    }
    const [child, node] = next.value;
    if (typeof node === "string" || node.kind !== "directory") {
      yield [directory, child, node];
    } else {
      stack.push({ directory: node, name: child, rest: entriesOf(node) });
    }
  }
}

/** Finds something by its path, without symlinks. */
export function findNode(
  root: LayerDirectory,
  path: string,
): { readonly directory: LayerDirectory; readonly base: string } | undefined {
  const names = path.split("/");
  const base = names.pop() ?? "";
  let directory = root;
  for (const name of names) {
    const node = directory.children?.get(name);
    if (typeof node !== "object" || node.kind !== "directory") return undefined;
    directory = node;
  }
  return { directory, base };
}

function entriesOf(
  { children = new LayerChildren<PlainNode, OtherNode>() }: LayerDirectory,
): Iterator<readonly [string, LayerNode]> {
  return children.entries();
}

function childrenOf(directory: LayerDirectory): Children {
  return directory.children ??= new LayerChildren();
}
