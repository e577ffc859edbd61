/** Maps conditions to exit codes; the only place that does. */

import { categoryOf, type ErrorCategory } from "../errors/category.ts";
import { CommandError } from "../errors/store_errors.ts";

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

// The code of run and exec if orlop itself failed,
const NOT_RUN = 125;
// and if the command cannot be executed, or does not exist.
const UNUSABLE: readonly number[] = [126, 127];

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

/** Finds the exit code for an error of a command. */
export function exitCodeOf(error: unknown): number {
  return exitCodeFor(categoryOf(error));
}

/**
 * Finds the exit code for an error of a command that may have one code for all
 * failures; 126 and 127 are kept.
 */
export function failureCodeOf(
  { failureCode }: { readonly failureCode?: number },
  error: unknown,
): number {
  if (failureCode === undefined) return exitCodeOf(error);
  const isOfCommand = failureCode === NOT_RUN &&
    error instanceof CommandError && UNUSABLE.includes(error.exitCode);
  return isOfCommand ? error.exitCode : failureCode;
}

/** The exit code of a condition. */
export function exitCodeFor(category: ErrorCategory): number {
  return CODES[category];
}
