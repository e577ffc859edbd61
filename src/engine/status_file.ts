/** Small files that say how the last run of something ended, for whoever asks. */

import { dirname, join } from "@std/path";
import { mkdirSync } from "node:fs";
import { parseJson } from "../formats/json.ts";
import { readRegularFile } from "../fs/regular_file.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import type { StorePaths } from "../store/paths.ts";

// A check notes some 150 bytes a layer.
const MAX_BYTES = 64 * 1024 * 1024;

/** The files, by what they tell of. */
export type StatusFile =
  | "last-check.json"
  | "last-gc.json"
  | "file-counts.json";

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
  const bytes = readRegularFile(path, MAX_BYTES);
  if (typeof bytes === "string") return undefined;
  try {
    return parse(parseJson(bytes, path), path);
  } catch (error) {
    // It is of no use to stop for: the next run writes it again.
    if (error instanceof SyntaxError) return undefined;
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
