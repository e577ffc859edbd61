/** The result of the last cleanup: kept on disk. */

import { asInteger, asObject, asString, optional } from "../../formats/json.ts";
import type { StorePaths } from "../../store/paths.ts";
import { readStatusFile, writeStatusFile } from "../status_file.ts";
import type { DiskSpace } from "./cleanup_facts.ts";
import { type CleanupKind, forEachKind } from "./cleanup_plan.ts";

/** How a cleanup ended. */
export interface CleanupStatus {
  /** When, RFC 3339. */
  readonly time: string;
  /**
   * `"short"`: less could be freed than requested. `"failed"`: something could not
   * be removed, or the whole cleanup failed. `"busy"`: others held the store.
   */
  readonly outcome: CleanupOutcome;
  /** Why, unless it is done; else empty. */
  readonly message: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** How many were removed, of each kind. */
  readonly removed: Readonly<Record<CleanupKind, number>>;
  /** According to the plan, in bytes. */
  readonly freedBytes: number;
  /** How much the target was missed by, in bytes. */
  readonly shortfallBytes: number;
  /** Afterwards; undefined if it was not measured. */
  readonly disk: DiskSpace | undefined;
  /** When one was last `"done"`, RFC 3339; undefined if never. */
  readonly lastDone: string | undefined;
}

/** How a cleanup can end. */
export type CleanupOutcome = "busy" | "done" | "failed" | "short";

const OUTCOMES: readonly CleanupOutcome[] = ["done", "short", "failed", "busy"];

/** Reads the status; undefined if there was no cleanup yet. */
export function readCleanupStatus(
  paths: StorePaths,
): CleanupStatus | undefined {
  return readStatusFile(paths, "last-gc.json", parseStatus);
}

/** Writes the status. */
export function writeCleanupStatus(
  paths: StorePaths,
  status: CleanupStatus,
): void {
  writeStatusFile(paths, "last-gc.json", status);
}

function parseStatus(value: unknown, what: string): CleanupStatus {
  const object = asObject(value, what);
  const removed = asObject(object["removed"], what);
  const outcome = OUTCOMES.find((name) => name === object["outcome"]);
  if (outcome === undefined) {
    throw new SyntaxError(`Cannot read ${what}: no outcome`);
  }
  return {
    time: asString(object["time"], what),
    outcome,
    message: asString(object["message"], what),
    durationMs: asInteger(object["durationMs"], what),
    removed: forEachKind((kind) => asInteger(removed[kind] ?? 0, what)),
    freedBytes: asInteger(object["freedBytes"], what),
    shortfallBytes: asInteger(object["shortfallBytes"], what),
    disk: optional(object["disk"], what, asDisk),
    lastDone: optional(object["lastDone"], what, asString),
  };
}

function asDisk(value: unknown, what: string): DiskSpace {
  const object = asObject(value, what);
  return {
    free: asInteger(object["free"], what),
    total: asInteger(object["total"], what),
  };
}
