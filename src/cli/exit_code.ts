/** Which exit code tells which condition; the only place that maps them. */

import { categoryOf, type ErrorCategory } from "../errors/category.ts";

/** Exit codes of every command but `run`, which passes on its container's. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  inUse: 4,
  refused: 5,
  network: 6,
  /** EX_TEMPFAIL of sysexits.h: try later. */
  busy: 75,
} as const;

/** Exit codes, and what they mean, for the help and the man page. */
export const EXIT_CODE_HELP: readonly (readonly [number | string, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.failed, "failed"],
  [EXIT.usage, "wrong usage"],
  [EXIT.notFound, "not found"],
  [EXIT.inUse, "in use, or the name is taken"],
  [EXIT.refused, "refused by policy or verification"],
  [EXIT.network, "registry or network"],
  [EXIT.busy, "the store is busy, try later"],
  ["125-127", "of `run`: orlop failed, cannot execute, no such command"],
  ["130, 143", "ended by SIGINT, SIGTERM"],
];

const CODES: Readonly<Record<ErrorCategory, number>> = {
  "not found": EXIT.notFound,
  "exists": EXIT.inUse,
  "in use": EXIT.inUse,
  "invalid": EXIT.usage,
  "refused": EXIT.refused,
  "busy": EXIT.busy,
  "unavailable": EXIT.network,
  "timeout": EXIT.failed,
  "damaged": EXIT.failed,
  "no space": EXIT.failed,
  "internal": EXIT.failed,
};

/** Finds the exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  return exitCodeFor(categoryOf(error));
}

/** The exit code of a condition. */
export function exitCodeFor(category: ErrorCategory): number {
  return CODES[category];
}
