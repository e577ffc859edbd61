/** Syncs files and directories to the disk. */

import { join } from "@std/path";
import { isThere } from "./if_there.ts";

/** Syncs a directory: its renames, creations and removals. */
export function syncDirectory(path: string): void {
  using directory = Deno.openSync(path);
  directory.syncSync();
}

/**
 * Writes all regular files and directories of a tree to the disk, one by one.
 * Slow: for where syncfs(2) cannot be had. Follows no links, and leaves out what
 * has a name that is not UTF-8: Deno cannot open it.
 */
export function syncTree(path: string): void {
  for (const entry of Deno.readDirSync(path)) {
    const child = join(path, entry.name);
    if (!isThere(child)) continue;
    if (entry.isDirectory) syncTree(child);
    else if (entry.isFile) syncFile(child);
  }
  syncDirectory(path);
}

/** Syncs the content of a file. */
export function syncFile(path: string): void {
  using file = Deno.openSync(path);
  file.syncDataSync();
}
