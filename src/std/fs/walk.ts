/** Visits all that is below a folder. */

import { basename, join } from "node:path/posix";

/** An entry that `walk()` found. */
export interface WalkEntry extends Deno.DirEntry {
  /** Its path: the walk's root and what is below. */
  readonly path: string;
}

/** Which entries `walk()` yields; links are never followed. */
export interface WalkOptions {
  /** How many folders to go down. */
  readonly maxDepth?: number;
  /** Yields regular files. */
  readonly includeFiles?: boolean;
  /** Yields folders, the root among them. */
  readonly includeDirs?: boolean;
  /** Yields links. */
  readonly includeSymlinks?: boolean;
  /** Yields only paths with one of these endings. */
  readonly exts?: readonly string[];
  /** Yields only paths that match one of these. */
  readonly match?: readonly RegExp[];
  /** Omits paths that match one of these, and what is below them. */
  readonly skip?: readonly RegExp[];
}

/** Walks a tree from its root down. */
export async function* walk(
  root: string,
  options: WalkOptions = {},
): AsyncIterableIterator<WalkEntry> {
  const { includeDirs = true, maxDepth = Infinity } = options;
  if (maxDepth < 0) return;
  if (includeDirs && isWanted(root, options)) yield await entryOf(root);
  if (maxDepth < 1 || isSkipped(root, options)) return;
  for await (const entry of Deno.readDir(root)) {
    const path = join(root, entry.name);
    if (entry.isDirectory) {
      yield* walk(path, { ...options, maxDepth: maxDepth - 1 });
    } else if (isYielded(entry, options) && isWanted(path, options)) {
      yield { ...entry, path };
    }
  }
}

async function entryOf(path: string): Promise<WalkEntry> {
  const { isDirectory, isFile, isSymlink } = await Deno.stat(path);
  return { path, name: basename(path), isDirectory, isFile, isSymlink };
}

function isYielded(
  entry: Deno.DirEntry,
  { includeFiles = true, includeSymlinks = true }: WalkOptions,
): boolean {
  return entry.isSymlink ? includeSymlinks : includeFiles;
}

function isWanted(path: string, options: WalkOptions): boolean {
  const { exts, match } = options;
  return !isSkipped(path, options) &&
    (exts === undefined || exts.some((end) => path.endsWith(end))) &&
    (match === undefined || match.some((pattern) => pattern.test(path)));
}

function isSkipped(path: string, { skip = [] }: WalkOptions): boolean {
  return skip.some((pattern) => pattern.test(path));
}
