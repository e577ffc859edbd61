/**
 * What later entries of a layer replace. It is moved out of the way until the end,
 * since tar-split has referred to its content, which it must then hold itself.
 */

import { closeSync, rmSync } from "node:fs";
import { readTarSplit } from "../formats/tar/read_tar_split.ts";
import { createTarSplitWriter } from "../formats/tar/tar_split.ts";
import {
  createFile,
  makeDirectory,
  moveFile,
  readParts,
  writeFully,
} from "./unpack_file.ts";
import { cleanPath, refuse } from "./unpack_names.ts";
import {
  diskPathOf,
  isSpooledFile,
  type LayerDirectory,
  type LayerNode,
  listTree,
} from "./unpack_tree.ts";

/** Where something is that is replaced. */
export interface ReplacedPlace {
  readonly directory: LayerDirectory;
  readonly base: string;
  readonly node: LayerNode;
}

// So few of them that lines which compress to nothing fit into memory.
const PACKED_BYTES = 4 * 1024;
const BUFFER_BYTES = 256 * 1024;

/** What was replaced, and which names have been in use. */
export class ReplacedFiles {
  readonly #store: string;
  readonly #isLinkTarget: (path: string) => boolean;
  readonly #used = new Set<string>();
  /** Where the content of a path is kept. */
  readonly #contents = new Map<string, string>();
  #count = 0;
  #isMade = false;

  /**
   * Makes a place for them.
   *
   * @param store A directory that does not exist yet.
   * @param isLinkTarget Whether a hard link that is not yet made refers to a path.
   */
  constructor(store: string, isLinkTarget: (path: string) => boolean) {
    this.#store = store;
    this.#isLinkTarget = isLinkTarget;
  }

  /**
   * Moves something away, with all that is in it.
   *
   * @param name Of the entry that replaces it, for the error.
   * @throws {InvalidLayerError} If it is in the spool, or hard links need it.
   */
  take({ directory, base, node }: ReplacedPlace, name: string): void {
    const path = diskPathOf(directory, base);
    const kept = `${this.#store}/${this.#count++}`;
    this.#note(pathOf(directory, base), node, { kept, name });
    if (typeof node !== "string" && node.kind === "directory") {
      for (const [parent, child, below] of listTree(node)) {
        const place = diskPathOf(parent, child);
        const at = `${kept}${place?.slice(node.diskPath?.length)}`;
        this.#note(pathOf(parent, child), below, { kept: at, name });
      }
    } else if (node !== "file" && node !== "empty-file") {
      return;
    }
    if (path === undefined) return;
    if (!this.#isMade) makeDirectory(this.#store);
    this.#isMade = true;
    moveFile(path, kept);
  }

  /** Says that a name is in use; @returns whether it was not. */
  claim(path: string): boolean {
    if (this.#used.has(path)) return false;
    this.#used.add(path);
    return true;
  }

  /** Whether a name has been in use. */
  has(path: string): boolean {
    return this.#used.has(path);
  }

  /** Puts their content into a tar-split file that is complete, and removes them. */
  finish(tarSplitPath: string): void {
    if (this.#contents.size > 0) rewriteTarSplit(tarSplitPath, this.#contents);
    if (this.#isMade) rmSync(this.#store, { recursive: true });
  }

  #note(
    path: string,
    node: LayerNode,
    { kept, name }: { readonly kept: string; readonly name: string },
  ): void {
    if (isSpooledFile(node)) throw refuse(name, "it appears twice");
    if (this.#isLinkTarget(path)) {
      throw refuse(name, "it replaces something that has hard links");
    }
    if (node === "file" && !this.has(path)) this.#contents.set(path, kept);
    this.#used.add(path);
  }
}

function pathOf(directory: LayerDirectory, base: string): string {
  return `${directory.path}/${base}`.slice(2);
}

function rewriteTarSplit(
  path: string,
  contents: ReadonlyMap<string, string>,
): void {
  const old = `${path}.old`;
  moveFile(path, old);
  const fd = createFile(path);
  try {
    const writer = createTarSplitWriter((bytes) => writeFully(fd, bytes));
    for (const piece of readTarSplit(readParts(old, PACKED_BYTES), old)) {
      if (piece.kind === "segment") {
        writer.addSegment(piece.bytes);
        continue;
      }
      const { name, size, crc } = piece;
      const kept = crc === undefined
        ? undefined
        : contents.get(cleanPath(name));
      if (kept === undefined) {
        writer.addFile(name, size, crc);
        continue;
      }
      writer.addFile(name, 0);
      for (const bytes of readParts(kept, BUFFER_BYTES)) {
        writer.addSegment(bytes);
      }
    }
    writer.end();
  } finally {
    closeSync(fd);
  }
  rmSync(old);
}
