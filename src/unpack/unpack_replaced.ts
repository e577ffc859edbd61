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

/** What was replaced. */
export interface ReplacedFiles {
  /**
   * Moves something away, with all that is in it.
   *
   * @param name Of the entry that replaces it, for the error.
   * @throws {InvalidLayerError} If it is in the spool, or hard links need it.
   */
  take(place: ReplacedPlace, name: string): void;
  /** Says that a name is in use; @returns whether it was not. */
  claim(path: string): boolean;
  /** Whether a name has been in use. */
  has(path: string): boolean;
  /** Puts their content into a tar-split file that is complete, and removes them. */
  finish(tarSplitPath: string): void;
}

/** Where something is that is replaced. */
export interface ReplacedPlace {
  readonly directory: LayerDirectory;
  readonly base: string;
  readonly node: LayerNode;
}

// So few of them that lines which compress to nothing fit into memory.
const PACKED_BYTES = 4 * 1024;
const BUFFER_BYTES = 256 * 1024;

/**
 * Creates a place for what is replaced.
 *
 * @param store A directory that does not exist yet.
 * @param isLinkTarget Whether a hard link that is not yet made refers to a path.
 */
export function createReplacedFiles(
  store: string,
  isLinkTarget: (path: string) => boolean,
): ReplacedFiles {
  const used = new Set<string>();
  const contents = new Map<string, string>();
  let count = 0;
  let isMade = false;
  return {
    take({ directory, base, node }, name) {
      const path = diskPathOf(directory, base);
      const kept = `${store}/${count++}`;
      note(pathOf(directory, base), node, kept, name);
      if (typeof node !== "string" && node.kind === "directory") {
        for (const [parent, child, below] of listTree(node)) {
          const place = diskPathOf(parent, child);
          const at = `${kept}${place?.slice(node.diskPath?.length)}`;
          note(pathOf(parent, child), below, at, name);
        }
      } else if (node !== "file" && node !== "empty-file") {
        return;
      }
      if (path === undefined) return;
      if (!isMade) makeDirectory(store);
      isMade = true;
      moveFile(path, kept);
    },
    claim(path) {
      if (used.has(path)) return false;
      used.add(path);
      return true;
    },
    has: (path) => used.has(path),
    finish(tarSplitPath) {
      if (contents.size > 0) rewriteTarSplit(tarSplitPath, contents);
      if (isMade) rmSync(store, { recursive: true });
    },
  };

  function note(
    path: string,
    node: LayerNode,
    kept: string,
    name: string,
  ): void {
    if (isSpooledFile(node)) throw refuse(name, "it appears twice");
    if (isLinkTarget(path)) {
      throw refuse(name, "it replaces something that has hard links");
    }
    if (node === "file" && !used.has(path)) contents.set(path, kept);
    used.add(path);
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
