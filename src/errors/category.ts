/**
 * The few kinds of conditions: what exit codes, and whoever else has codes for
 * failures, are tables over.
 *
 * @module
 */

import { errnoOf } from "./why.ts";

/** What kind of condition an error tells of. */
export type ErrorCategory =
  /** Nothing has the name or ID that was asked for. */
  | "not found"
  /** Something else has the name or ID already. */
  | "exists"
  /** Others use it, so it stays. */
  | "in use"
  /** What was asked for cannot be meant. */
  | "invalid"
  /** A policy forbids it, or what came is not as promised. */
  | "refused"
  /** Another process works with the store: it is worth trying later. */
  | "busy"
  /** A registry does not answer, or not as it should. */
  | "unavailable"
  /** It took longer than the caller gave it. */
  | "timeout"
  /** What is kept on the disk is not what orlop can work with. */
  | "damaged"
  /** The disk is full, or its quota is used up. */
  | "no space"
  /** All else. */
  | "internal";

/**
 * Finds the category of whatever was thrown.
 *
 * @param error Of several errors in one, the first counts.
 * @example
 * ```ts
 * import { categoryOf, StoreBusyError } from "orlop";
 * const isWorthARetry = (error: unknown) => categoryOf(error) === "busy";
 * console.log(isWorthARetry(new StoreBusyError("why"))); // true
 * ```
 */
export function categoryOf(error: unknown): ErrorCategory {
  if (error instanceof SuppressedError) return categoryOf(error.suppressed);
  if (error instanceof AggregateError) return categoryOf(error.errors[0]);
  if (isCategorized(error)) return error.category;
  if (/^(ENOSPC|EDQUOT)$/.test(errnoOf(error))) return "no space";
  // Text that does not parse: a name or a platform, as typed.
  return error instanceof SyntaxError ? "invalid" : "internal";
}

function isCategorized(
  error: unknown,
): error is Error & { readonly category: ErrorCategory } {
  return error instanceof Error && "category" in error;
}
