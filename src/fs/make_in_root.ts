/** Makes directories in a container's root. */

import { dirname } from "@std/path";
import type { Owner } from "../formats/storage/user_map.ts";
import type { OpenOptions } from "./read_in_root.ts";
import { resolveInRoot } from "./resolve_in_root.ts";

const DIRECTORY_MODE = 0o755;
const ROOT: Owner = { uid: 0, gid: 0 };

/**
 * Makes a directory, and those above it, where {@linkcode resolveInRoot} finds
 * that they are missing. Those above it are root's.
 *
 * @param owner The owner of a new directory, and the owner of its parents.
 * @returns Whether there is a directory now; false if something else is there.
 */
export async function makeDirectoryInRoot(
  root: string,
  path: string,
  { superuser = ROOT, libc, ...owner }:
    & Owner
    & OpenOptions
    & { readonly superuser?: Owner },
): Promise<boolean> {
  const found = resolveInRoot(root, path, { libc });
  if (found.status !== undefined) return found.status.isDirectory;
  if (!(await Deno.lstat(found.existing)).isDirectory) return false;
  const missing: string[] = [];
  for (let path = found.path; path !== found.existing; path = dirname(path)) {
    missing.push(path);
  }
  for (const directory of missing.toReversed()) {
    await Deno.mkdir(directory);
    await Deno.chmod(directory, DIRECTORY_MODE); // whatever the umask
    if (superuser !== ROOT) await give(directory, superuser);
  }
  if (Deno.uid() === 0) await give(found.path, owner);
  return true;
}

async function give(path: string, { uid, gid }: Owner): Promise<void> {
  await Deno.chown(path, uid, gid);
}
