/** Small files with the result of the last check or cleanup. */

import { dirname, join } from "@std/path";
import { mkdirSync } from "node:fs";
import { parseJson } from "../formats/json.ts";
import { readRegularFile } from "../fs/regular_file.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import type { StorePaths } from "../store/paths.ts";

// A check stores some 150 bytes for each layer.
const MAX_BYTES = 64 * 1024 * 1024;

/** The files, by their kind. */
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
    return parse(parseJson(bytes, path, { maxSize: MAX_BYTES }), path);
  } catch (error) {
    // Not an error: the next run writes it again.
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
