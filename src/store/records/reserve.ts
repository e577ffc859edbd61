/**
 * Room for removals: to remove something, records are written anew first, and for
 * that a full disk has no room. So a store keeps a few files that are of no use but
 * to be given up then. They are made when there is plenty.
 */

import { join } from "@std/path";
import { sum } from "../../formats/sum.ts";
import { isThere, lstatIfThere, statIfThere } from "../../fs/if_there.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import type { Libc } from "../../process/libc.ts";
import type { StorePaths } from "../paths.ts";
import { tablePath } from "./tables.ts";

// Some file systems run out of inodes first: each file gives one back. A removal
// takes a staging directory, its lock, and a temporary file for each table.
const FILES = 12;
const SPARE_INODES = 64;
// For directories, small files and journals: before it makes one file, xfs wants
// some 300 KiB to be free.
const SPARE_BYTES = 768 * 1024;
// So many removals find room while others fill the disk again and again.
const ROUNDS = 5;
// More than all tables can take twice: each is read as one text, of 512 MiB at most.
const PLENTY_BYTES = 4 * 1024 ** 3;
// The reserve itself must not fill a disk.
const MAX_SHARE = 1 / 16;
const CHUNK_BYTES = 64 * 1024;

/** Whose room it is. */
export interface SpaceStore {
  readonly paths: StorePaths;
  readonly libc: Libc | undefined;
}

/** Bytes and inodes; infinite where nobody can tell. */
interface FreeSpace {
  readonly free: number;
  readonly freeInodes: number;
}

/**
 * Gives up the reserve, if there is hardly anything else left.
 *
 * @returns How many bytes it held: so many are to be taken back afterwards.
 */
export function releaseReserve(store: SpaceStore): number {
  if (!isScarce(store)) return 0;
  const directory = directoryOf(store.paths);
  const isOwn = lstatIfThere(directory)?.isDirectory;
  const sizes = (isOwn ? listIfDirectory(directory) : [])
    .map((name) => Deno.lstatSync(join(directory, name)).size);
  removeTreeSync(directory);
  return sum(sizes);
}

/** Gives up the reserve as {@linkcode releaseReserve} does, until it is disposed of. */
export function lendReserve(store: SpaceStore): Disposable {
  const released = releaseReserve(store);
  return {
    [Symbol.dispose]() {
      if (released > 0) keepReserve(store, { released });
    },
  };
}

/** Whether records can hardly be written. */
export function isScarce(store: SpaceStore): boolean {
  if (!isThere(store.paths.layers)) return false; // nor is there anything to write
  const { free, freeInodes } = measure(store);
  if (freeInodes < SPARE_INODES) return true;
  return free < PLENTY_BYTES && free < bytesNeeded(store.paths);
}

/**
 * Makes the reserve, if it is not there.
 *
 * @param released What it held before, as far as there is room for it; left out,
 *   there must be plenty.
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
    return; // It is for later; what this command was for is done.
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
    if (!writeBallast(join(directory, String(n)), bytes)) return;
  }
}

/** What can be spared; 0 if that is too little to be of use. */
function shareOf(store: SpaceStore): number {
  const least = bytesNeeded(store.paths);
  const { free, freeInodes } = measure(store);
  if (!Number.isFinite(free)) return 0;
  const share = Math.min(ROUNDS * least, free * MAX_SHARE);
  return share < least || freeInodes < SPARE_INODES + FILES ? 0 : share;
}

/** As much as there is room for. @returns Whether that was all. */
function writeBallast(path: string, bytes: number): boolean {
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

/** Each table is there twice while it is written. */
function bytesNeeded(paths: StorePaths): number {
  const sizes = KINDS.map((kind) =>
    statIfThere(tablePath(paths, kind))?.size ?? 0
  );
  return SPARE_BYTES + 2 * sum(sizes);
}

/**
 * What others than root may use: ext4 keeps some even from root. Without libc that
 * is not known, and nothing is done for want of room.
 */
function measure({ paths: { home, root }, libc }: SpaceStore): FreeSpace {
  const space = libc?.readSpace(isThere(home) ? home : root);
  if (space === undefined) return { free: Infinity, freeInodes: Infinity };
  const { free, inodes, freeInodes } = space;
  // Some file systems make inodes as they need them, and count none.
  return { free, freeInodes: inodes > 0 ? freeInodes : Infinity };
}

function directoryOf({ root }: StorePaths): string {
  return join(root, "orlop", "reserve");
}
