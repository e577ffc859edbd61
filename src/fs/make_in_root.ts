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
  const found = await resolveInRoot(root, path);
  if (found.status !== undefined) return found.status.isDirectory;
  const missing = [found.path];
  for (let above = dirname(found.path);; above = dirname(above)) {
    const { status } = await resolveInRoot(root, above.slice(root.length));
    if (status?.isDirectory) break;
    if (status !== undefined) return false;
    missing.push(above);
  }
  for (const directory of missing.toReversed()) {
    await Deno.mkdir(directory);
    await Deno.chmod(directory, DIRECTORY_MODE); // whatever the umask
  }
  if (Deno.uid() === 0) await Deno.chown(found.path, owner.uid, owner.gid);
  return true;
}
