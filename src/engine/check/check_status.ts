/**
 * The result of the last check: kept on disk, for display and for the next check.
 */

import {
  asArray,
  asInteger,
  asObject,
  asString,
  optional,
} from "../../formats/json.ts";
import type { StorePaths } from "../../store/paths.ts";
import { readStatusFile, writeStatusFile } from "../status_file.ts";

/** How the last check ended. */
export interface CheckStatus {
  /** When, RFC 3339. */
  readonly time: string;
  /** `"full"`: it read content; `"quick"`: records and names of files only. */
  readonly depth: CheckDepth;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** How many things were looked at. */
  readonly checked: number;
  /** What is damaged: a sentence each. */
  readonly damaged: readonly string[];
  /** The number of leftovers. */
  readonly leftovers: number;
  /** When the content of layers was last read, by ID. */
  readonly verified: ReadonlyMap<string, VerifiedLayer>;
}

/** How thorough a check is. */
export type CheckDepth = "full" | "quick";

/** A layer whose content was read. */
export interface VerifiedLayer {
  /** When, RFC 3339. */
  readonly time: string;
  /** What was wrong with it; empty if nothing. */
  readonly faults: readonly string[];
}

/** Reads the status; undefined if there was no check yet. */
export function readCheckStatus(paths: StorePaths): CheckStatus | undefined {
  return readStatusFile(paths, "last-check.json", parseStatus);
}

/** Writes the status. */
export function writeCheckStatus(
  paths: StorePaths,
  status: CheckStatus,
): void {
  const verified = Object.fromEntries(status.verified);
  writeStatusFile(paths, "last-check.json", { ...status, verified });
}

function parseStatus(value: unknown, what: string): CheckStatus {
  const object = asObject(value, what);
  const verified = optional(object["verified"], what, asObject) ?? {};
  return {
    time: asString(object["time"], what),
    depth: object["depth"] === "full" ? "full" : "quick",
    durationMs: asInteger(object["durationMs"], what),
    checked: asInteger(object["checked"], what),
    damaged: asTexts(object["damaged"], what),
    leftovers: asInteger(object["leftovers"], what),
    verified: new Map(
      Object.entries(verified).map(([id, value]) => [id, asLayer(value, what)]),
    ),
  };
}

function asLayer(value: unknown, what: string): VerifiedLayer {
  const object = asObject(value, what);
  return {
    time: asString(object["time"], what),
    faults: asTexts(object["faults"], what),
  };
}

function asTexts(value: unknown, what: string): readonly string[] {
  return asArray(value, what).map((text) => asString(text, what));
}
