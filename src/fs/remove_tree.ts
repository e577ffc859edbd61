/** Removes directory trees of any depth. */

import { join } from "@std/path";
import { errnoOf, whyOf } from "../errors/why.ts";
import { byteLengthOf } from "../formats/bytes.ts";
import type { Libc } from "../process/libc.ts";
import { isErrno } from "./errno.ts";
import { isNameThere, lstatIfThere } from "./if_there.ts";
import { randomSuffix } from "./random_name.ts";

// A path of more than 4096 bytes cannot be named: room for a name of 255.
const MAX_PATH_BYTES = 3800;
// Each level takes an open file and a part of the stack while it is removed.
const MAX_DEPTH = 200;
// Removal waits for the disk: four in parallel removed 24,000 files in 0.9 s
// instead of 1.8 to 4 s; more made no difference.
const AT_ONCE = 4;
// Enough directories to balance the work.
const MANY = 256;

/**
 * Removes a tree, or a file; one that is gone already is no error. Follows no links.
 *
 * @throws {Error} If something in it cannot be removed, such as a mount point.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    flatten(path);
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw explain(error, path);
  }
}

/**
 * Does what {@linkcode removeTree} does, while the caller waits.
 *
 * @param libc With it, what is missing costs no error: see {@linkcode isNameThere}.
 */
export function removeTreeSync(path: string, libc?: Libc): void {
  if (libc !== undefined && !isNameThere(path, libc)) return;
  try {
    flatten(path);
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw explain(error, path);
  }
}

/**
 * Removes most of a tree, several directories at a time. Failures are left for
 * {@linkcode removeTree} to report. The tree must not change meanwhile: paths below
 * a directory would follow a link in its place.
 */
export async function clearStillTree(path: string): Promise<void> {
  // All that are removed at a time open no more files than one tree may.
  flatten(path, MAX_DEPTH / AT_ONCE);
  const parts = [...listParts(path)];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      // The caller removes the rest, and gets the error.
      await Deno.remove(part, { recursive: true }).catch(() => {});
    }
  }));
}

/** The directories of the highest level that has many, or of the lowest of all. */
function listParts(path: string): readonly string[] {
  let parts: readonly string[] = [];
  for (let level: readonly string[] = [path]; level.length > 0;) {
    parts = level;
    if (parts.length >= MANY) break;
    level = parts.flatMap((parent) =>
      listDirectories(parent).map((name) => join(parent, name))
    );
  }
  return parts;
}

/** Removes a directory in place of which a file is to be renamed. */
export function removeIfDirectory(path: string): void {
  if (lstatIfThere(path)?.isDirectory) removeTreeSync(path);
}

/** The system does not say what it was about; its code stays for callers. */
function explain(cause: unknown, path: string): Error {
  const code = errnoOf(cause);
  const advice = code === "EPERM"
    ? `; something there may be immutable: see "lsattr -aR"`
    : "";
  const message = `Cannot remove "${path}": ${whyOf(cause)}${advice}`;
  return Object.assign(new Error(message, { cause }), { code });
}

/**
 * Moves directories that are too deep to the top. A tree of 30,000 levels would
 * overflow the stack of Deno's removal, which ends the process.
 */
function flatten(top: string, maxDepth = MAX_DEPTH): void {
  const found = [{ path: top, depth: 0 }];
  for (let next = found.pop(); next !== undefined; next = found.pop()) {
    for (const name of listDirectories(next.path)) {
      const child = { path: join(next.path, name), depth: next.depth + 1 };
      if (!isTooDeep(child, maxDepth)) {
        found.push(child);
        continue;
      }
      const path = join(top, `${randomSuffix()}.deep`);
      if (move(child.path, path)) found.push({ path, depth: 1 });
    }
  }
}

function isTooDeep(
  { path, depth }: { readonly path: string; readonly depth: number },
  maxDepth: number,
): boolean {
  return depth > maxDepth || byteLengthOf(path) > MAX_PATH_BYTES;
}

// What is not UTF-8 cannot be named, and seems to be absent.
function listDirectories(path: string): readonly string[] {
  try {
    return [...Deno.readDirSync(path)]
      .filter((entry) => entry.isDirectory)
      .map(({ name }) => name);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return []; // or a file itself
    throw error;
  }
}

function move(from: string, to: string): boolean {
  try {
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
