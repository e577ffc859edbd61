/** Copies files, folders and links, by `node:fs`. */

import { cp } from "node:fs/promises";

/** How `copy()` treats what is there. */
export interface CopyOptions {
  /** Replaces what is there. */
  readonly overwrite?: boolean;
  /** Keeps the times of last access and change. */
  readonly preserveTimestamps?: boolean;
}

/**
 * Copies a file, a link, or a folder with all in it.
 *
 * @throws {Deno.errors.AlreadyExists} If `dest` is there, unless `overwrite`.
 */
export async function copy(
  src: string | URL,
  dest: string | URL,
  { overwrite = false, preserveTimestamps = false }: CopyOptions = {},
): Promise<void> {
  if (!overwrite && await isThere(dest)) {
    throw new Deno.errors.AlreadyExists(`'${dest}' already exists.`);
  }
  await cp(src, dest, {
    recursive: true,
    force: true,
    preserveTimestamps,
    verbatimSymlinks: true,
  });
}

async function isThere(path: string | URL): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
