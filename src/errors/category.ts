/**
 * The few categories of conditions, by which exit codes and gRPC codes are chosen.
 *
 * @module
 */

import { errnoOf } from "./why.ts";

/** The category of an error. */
export type ErrorCategory =
  /** No object has the requested name or ID. */
  | "not found"
  /** Another object has the name or ID already. */
  | "exists"
  /** It is in use. */
  | "in use"
  /** The request is invalid. */
  | "invalid"
  /** A policy forbids it, or verification failed. */
  | "refused"
  /** Another process uses the store: a retry may succeed. */
  | "busy"
  /** A registry does not respond, or not correctly. */
  | "unavailable"
  /** It exceeded the caller's time limit. */
  | "timeout"
  /** Data on the disk is damaged. */
  | "damaged"
  /** The disk is full, or its quota is used up. */
  | "no space"
  /** All else. */
  | "internal";

/**
 * Finds the category of an error.
 *
 * @param error The first error of an aggregate counts.
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
  // Text that does not parse, such as a typed name or platform.
  return error instanceof SyntaxError ? "invalid" : "internal";
}

function isCategorized(
  error: unknown,
): error is Error & { readonly category: ErrorCategory } {
  return error instanceof Error && "category" in error;
}
