/** Finds what a path means to a container, whose `/` is a directory here. */

import { join } from "@std/path";

/** What a path leads to. */
export interface ResolvedPath {
  /** The real path: no part of it is a symbolic link. */
  readonly path: string;
  /** Undefined if there is nothing, or not as yet. */
  readonly status: Deno.FileInfo | undefined;
}

// The kernel's MAXSYMLINKS.
const MAX_LINKS = 40;

/**
 * Follows a path below a directory that is taken for the root of all names:
 * symbolic links, absolute ones and `..` too, never lead out of it. Nobody may
 * change the tree meanwhile: a container that runs in it could.
 *
 * @param path Such as `etc/passwd`.
 * @throws {TypeError} If it is a loop of links.
 */
export async function resolveInRoot(
  root: string,
  path: string,
): Promise<ResolvedPath> {
  const pending = path.split("/").toReversed();
  let resolved: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const name = pending.pop();
    if (name === undefined || name === "" || name === ".") continue;
    if (name === "..") {
      resolved.pop();
      continue;
    }
    const next = join(root, ...resolved, name);
    const status = await lstatIfThere(next);
    if (!status?.isSymlink) {
      resolved.push(name);
      continue;
    }
    if (++links > MAX_LINKS) {
      throw new TypeError(
        `Cannot follow "${path}" in "${root}": too many symbolic links`,
      );
    }
    const target = await Deno.readLink(next);
    if (target.startsWith("/")) resolved = [];
    pending.push(...target.split("/").toReversed());
  }
  const found = join(root, ...resolved);
  return { path: found, status: await lstatIfThere(found) };
}

async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    // Not a directory: a file stands where the name has a directory.
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
