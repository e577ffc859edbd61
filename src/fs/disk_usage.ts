/** How much room a file or a tree takes. */

import { join } from "@std/path";
import { type BigIntStats, lstatSync, readdirSync } from "node:fs";
import { isErrno } from "./errno.ts";

const BLOCK_BYTES = 512;

/**
 * Adds up the blocks of a tree, in bytes; files with several names count once.
 * Follows no links; what vanishes meanwhile counts nothing.
 */
export function diskUsage(path: string, seen = new Set<bigint>()): number {
  const status = statOrUndefined(path);
  if (status === undefined) return 0;
  if (status.nlink > 1n && !status.isDirectory()) {
    if (seen.has(status.ino)) return 0;
    seen.add(status.ino);
  }
  const own = Number(status.blocks) * BLOCK_BYTES;
  if (!status.isDirectory()) return own;
  return listNames(path).reduce(
    (sum, name) => sum + diskUsage(join(path, name), seen),
    own,
  );
}

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function statOrUndefined(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    // The last: deeper than a path can say, as a container can make it.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return undefined;
    throw error;
  }
}
