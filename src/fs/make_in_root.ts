/** Makes directories in a container's root. */

import { dirname } from "@std/path";
import { resolveInRoot } from "./resolve_in_root.ts";

/** Whose something is. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const DIRECTORY_MODE = 0o755;

/**
 * Makes a directory, and those above it, where {@linkcode resolveInRoot} finds
 * that they are missing. Those above it are root's.
 *
 * @param owner Whose the directory is, if it is made.
 * @returns Whether there is a directory now; false if something else is there.
 */
export async function makeDirectoryInRoot(
  root: string,
  path: string,
  owner: Owner,
): Promise<boolean> {
  const found = resolveInRoot(root, path);
  if (found.status !== undefined) return found.status.isDirectory;
  if (!(await Deno.lstat(found.existing)).isDirectory) return false;
  const missing: string[] = [];
  for (let path = found.path; path !== found.existing; path = dirname(path)) {
    missing.push(path);
  }
  for (const directory of missing.toReversed()) {
    await Deno.mkdir(directory);
    await Deno.chmod(directory, DIRECTORY_MODE); // whatever the umask
  }
  if (Deno.uid() === 0) await Deno.chown(found.path, owner.uid, owner.gid);
  return true;
}
