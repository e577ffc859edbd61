/** Resolves a path as a container whose root is a directory here. */

import { join } from "@std/path";
import { byteLengthOf } from "../formats/bytes.ts";
import type { Libc } from "../process/libc.ts";
import { lstatIfThere } from "./if_there.ts";

/** A resolved path. */
export interface ResolvedPath {
  /** The real path: no part of it is a symbolic link. */
  readonly path: string;
  /** Undefined if it does not exist. */
  readonly status: Deno.FileInfo | undefined;
  /** The real path of its deepest existing part. */
  readonly existing: string;
}

/** How to follow a path. */
export interface ResolveOptions {
  /** Called with each path below the root that is passed, links too: `/etc/passwd`. */
  readonly onVisit?: (path: string) => void;
  /** With it, what is missing costs no error. */
  readonly libc?: Libc | undefined;
}

// The kernel's MAXSYMLINKS, NAME_MAX, and PATH_MAX with the NUL at its end.
const MAX_LINKS = 40;
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;
// Longer values are cut in messages.
const MAX_SHOWN = 80;

/**
 * Follows a path below a directory that is taken for the root of all names:
 * symbolic links, absolute ones and `..` too, never lead out of it. The tree must
 * not change meanwhile, as a running container could do.
 *
 * @param path Such as `etc/passwd`.
 * @throws {TypeError} If it is a loop of links, or longer than a path can be.
 */
export function resolveInRoot(
  root: string,
  path: string,
  { onVisit, libc }: ResolveOptions = {},
): ResolvedPath {
  const pending = path.split("/").toReversed();
  let resolved: string[] = [];
  let there = 0; // the existing parts; below a missing one there is nothing
  let links = 0;
  const placeOf = (names: readonly string[]) => join(root, names.join("/"));
  while (pending.length > 0) {
    const name = pending.pop();
    if (name === undefined || name === "" || name === ".") continue;
    if (name === "..") {
      resolved.pop();
      there = Math.min(there, resolved.length);
      continue;
    }
    if (byteLengthOf(name) > MAX_NAME_BYTES) throw fail("name too long");
    resolved.push(name);
    onVisit?.(`/${resolved.join("/")}`);
    if (there < resolved.length - 1) continue;
    const next = placeOf(resolved);
    if (byteLengthOf(next) >= MAX_PATH_BYTES) throw fail("path too long");
    // Synchronous: a start checks dozens of names, and a thread for each would be
    // slower.
    const status = lstatIfThere(next, libc);
    if (status === undefined) continue;
    if (!status.isSymlink) {
      there = resolved.length;
      continue;
    }
    if (++links > MAX_LINKS) throw fail("too many symbolic links");
    const target = readLinkIfText(next);
    if (target === undefined) throw fail("a symbolic link in it is no UTF-8");
    resolved = target.startsWith("/") ? [] : resolved.slice(0, -1);
    there = resolved.length;
    pending.push(...target.split("/").toReversed());
  }
  const found = placeOf(resolved);
  if (byteLengthOf(found) >= MAX_PATH_BYTES) throw fail("path too long");
  const isThere = there === resolved.length;
  return {
    path: found,
    status: isThere ? lstatIfThere(found) : undefined,
    existing: isThere ? found : placeOf(resolved.slice(0, there)),
  };

  function fail(why: string): TypeError {
    const shown = path.length > MAX_SHOWN
      ? `${path.slice(0, MAX_SHOWN)}…`
      : path;
    return new TypeError(`Cannot follow "${shown}" in "${root}": ${why}`);
  }
}

function readLinkIfText(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return undefined;
    throw error;
  }
}
