/** Checks and resolves the location of a store. */

import { basename, dirname, isAbsolute, join } from "@std/path";
import { UnsupportedStoreError } from "../errors/store_errors.ts";
import { isErrno } from "../fs/errno.ts";
import { isThere } from "../fs/if_there.ts";
import type { StoreLocation } from "./paths.ts";

// Characters that the options of an overlay mount cannot hold.
const BAD_PATH = /[,:"\\]|\p{Cc}/u;
const EXPECTED_PATH = "expected an absolute path without control characters " +
  'or any of , : " \\';

/**
 * Checks that a store can be there.
 *
 * @throws {UnsupportedStoreError} Naming what is in the way.
 */
export function checkLocation({ root, runRoot }: StoreLocation): void {
  for (const path of [root, runRoot]) {
    if (!isAbsolute(path) || BAD_PATH.test(path)) {
      throw new UnsupportedStoreError(
        `Cannot open store "${path}": ${EXPECTED_PATH}`,
      );
    }
    const problem = findPathProblem(path);
    if (problem === undefined && realPath(path) === "/") {
      throw new UnsupportedStoreError(
        `Cannot open store "${path}": a store has a directory of its own, and ` +
          "this is the root of all",
      );
    }
    if (problem === undefined) continue;
    throw new UnsupportedStoreError(`Cannot open store "${path}": ${problem}`);
  }
  if (isThere(join(root, "overlay2"))) {
    throw new UnsupportedStoreError(
      `Cannot open store "${root}": it was made by driver "overlay2"; ` +
        `only "overlay" is supported`,
    );
  }
}

/**
 * Resolves symbolic links: runtimes take no root with one in it, and the kernel's
 * table of mounts lists real paths.
 */
export function realLocation({ root, runRoot }: StoreLocation): StoreLocation {
  return { root: realPath(root), runRoot: realPath(runRoot) };
}

/** The real path of a path whose last parts may be missing. */
function realPath(path: string): string {
  return isThere(path)
    ? Deno.realPathSync(path)
    : join(realPath(dirname(path)), basename(path));
}

/** Why there can be no directory; undefined if there is one, or can be. */
function findPathProblem(path: string): string | undefined {
  const entry = unlessAbsent(() => Deno.lstatSync(path));
  if (entry === undefined) return findPathProblem(dirname(path));
  const target = unlessAbsent(() => Deno.statSync(path));
  if (target?.isDirectory) {
    const real = Deno.realPathSync(path);
    return BAD_PATH.test(real) ? `"${real}": ${EXPECTED_PATH}` : undefined;
  }
  return target === undefined
    ? `"${path}" is a symbolic link to "${
      Deno.readLinkSync(path)
    }", which is not ` +
      "there"
    : `"${path}" is not a directory`;
}

function unlessAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}
