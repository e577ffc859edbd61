/** Small files that say how the last run of something ended, for whoever asks. */

import { dirname, join } from "@std/path";
import { mkdirSync, readFileSync } from "node:fs";
import { parseJson } from "../formats/json.ts";
import { isErrno } from "../fs/errno.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import type { StorePaths } from "../store/paths.ts";

/** The files, by what they tell of. */
export type StatusFile = "last-check.json" | "last-gc.json";

/**
 * Reads a status; undefined if there is none that can be read.
 *
 * @param parse Gets its JSON; may throw {@linkcode SyntaxError}.
 */
export function readStatusFile<T>(
  paths: StorePaths,
  file: StatusFile,
  parse: (value: unknown, what: string) => T,
): T | undefined {
  const path = statusPath(paths, file);
  try {
    return parse(parseJson(readFileSync(path), path), path);
  } catch (error) {
    // It is of no use to stop for: the next run writes it anew.
    const isUseless = isErrno(error, "ENOENT", "EISDIR") ||
      error instanceof SyntaxError;
    if (isUseless) return undefined;
    throw error;
  }
}

/** Writes a status. */
export function writeStatusFile(
  paths: StorePaths,
  file: StatusFile,
  status: unknown,
): void {
  const path = statusPath(paths, file);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeAtomically(path, `${JSON.stringify(status)}\n`);
}

function statusPath({ root }: StorePaths, file: StatusFile): string {
  return join(root, "orlop", file);
}
