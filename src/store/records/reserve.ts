/**
 * Reserved space for removals: to remove something, records must be written first,
 * which is impossible on a full disk. So a store keeps a few filler files, which
 * are deleted then. They are made when there is enough free space.
 */

import { join } from "@std/path";
import { sum } from "../../formats/sum.ts";
import { isThere, lstatIfThere, statIfThere } from "../../fs/if_there.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import type { Libc } from "../../process/libc.ts";
import type { StorePaths } from "../paths.ts";
import { tablePath } from "./table_files.ts";

// Some file systems run out of inodes first: each file gives one back. A removal
// takes a staging directory, its lock, and a temporary file for each table.
const FILES = 12;
const SPARE_INODES = 64;
// For directories, small files and journals: before it makes one file, xfs wants
// some 300 KiB to be free.
const SPARE_BYTES = 768 * 1024;
// The number of removals for which the reserve suffices while others fill the disk
// again.
const ROUNDS = 5;
// More than twice the size of all tables: each is read as one string of at most 512
// MiB.
const PLENTY_BYTES = 4 * 1024 ** 3;
// The reserve itself must not fill a disk.
const MAX_SHARE = 1 / 16;
const CHUNK_BYTES = 64 * 1024;

/** The store that the space belongs to. */
export interface SpaceStore {
  readonly paths: StorePaths;
  readonly libc: Libc | undefined;
}

/** Bytes and inodes; infinite where unknown. */
interface FreeSpace {
  readonly free: number;
  readonly freeInodes: number;
}

/**
 * Deletes the reserve, if hardly any other space is left.
 *
 * @returns Its size in bytes, for `keepReserve()` afterwards.
 */
export function releaseReserve(store: SpaceStore): number {
  if (!isSpaceLow(store)) return 0;
  const directory = directoryOf(store.paths);
  const isOwn = lstatIfThere(directory)?.isDirectory;
  const sizes = (isOwn ? listIfDirectory(directory) : [])
    .map((name) => Deno.lstatSync(join(directory, name)).size);
  removeTreeSync(directory);
  return sum(sizes);
}

/**
 * Deletes the reserve as {@linkcode releaseReserve} does, and restores it when
 * disposed of.
 */
export function lendReserve(store: SpaceStore): Disposable {
  const released = releaseReserve(store);
  return {
    [Symbol.dispose]() {
      if (released > 0) keepReserve(store, { released });
    },
  };
}

/** Whether the free space hardly suffices to write the records. */
export function isSpaceLow(store: SpaceStore): boolean {
  if (!isThere(store.paths.layers)) return false; // and no records to write
  const { free, freeInodes } = measure(store);
  if (freeInodes < SPARE_INODES) return true;
  return free < PLENTY_BYTES && free < bytesNeeded(store.paths);
}

/**
 * Makes the reserve, if it is not there.
 *
 * @param released Its previous size: as much as fits is restored. If omitted, it is
 *   made only with enough free space.
 */
export function keepReserve(
  store: SpaceStore,
  { released = 0 }: { readonly released?: number } = {},
): void {
  const directory = directoryOf(store.paths);
  if (!isThere(store.paths.layers)) return;
  try {
    if (listIfDirectory(directory).length >= FILES) return;
  } catch {
    return; // Best effort: the work of this command is done.
  }
  const total = released > 0 ? released : shareOf(store);
  if (total === 0) return;
  const bytes = Math.ceil(total / FILES);
  try {
    makeOwnDirectory(directory);
  } catch {
    return;
  }
  for (let n = 0; n < FILES; n++) {
    if (!writeFiller(join(directory, String(n)), bytes)) return;
  }
}

/** The size of the reserve; 0 if too little could be spared. */
function shareOf(store: SpaceStore): number {
  const least = bytesNeeded(store.paths);
  const { free, freeInodes } = measure(store);
  if (!Number.isFinite(free)) return 0;
  const share = Math.min(ROUNDS * least, free * MAX_SHARE);
  return share < least || freeInodes < SPARE_INODES + FILES ? 0 : share;
}

/** Writes as much as fits. @returns Whether that was all. */
function writeFiller(path: string, bytes: number): boolean {
  const content = new Uint8Array(CHUNK_BYTES);
  try {
    for (let written = 0; written < bytes; written += CHUNK_BYTES) {
      Deno.writeFileSync(path, content, { mode: 0o600, append: true });
    }
    return true;
  } catch {
    return false;
  }
}

const KINDS = ["layers", "images", "containers"] as const;

/** While a table is written, both versions exist. */
function bytesNeeded(paths: StorePaths): number {
  const sizes = KINDS.map((kind) =>
    statIfThere(tablePath(paths, kind))?.size ?? 0
  );
  return SPARE_BYTES + 2 * sum(sizes);
}

/**
 * The space available to users other than root. Without libc it is not known, and
 * the reserve is not used.
 */
function measure({ paths: { home, root }, libc }: SpaceStore): FreeSpace {
  const space = libc?.readSpace(isThere(home) ? home : root);
  if (space === undefined) return { free: Infinity, freeInodes: Infinity };
  const { free, inodes, freeInodes } = space;
  // File systems with dynamic inodes report a count of 0.
  return { free, freeInodes: inodes > 0 ? freeInodes : Infinity };
}

function directoryOf({ root }: StorePaths): string {
  return join(root, "orlop", "reserve");
}
