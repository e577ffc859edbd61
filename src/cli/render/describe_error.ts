/** An error in one line: what failed, why, and what to do about it. */

import { errnoOf, sentenceOf } from "../../errors/why.ts";

/** Describes an error, without a stack, in orlop's words. */
export function describeError(
  error: unknown,
  /** Words of the command: one that failed is no advice. */
  { path = [] }: { readonly path?: readonly string[] } = {},
): string {
  const line = sentenceOf(error).replaceAll(/\s*\n\s*/g, "; ");
  return `${line}${hintFor(error, path)}`;
}

function hintFor(error: unknown, path: readonly string[]): string {
  if (error instanceof SuppressedError) return hintFor(error.suppressed, path);
  const isForbidden = error instanceof Deno.errors.PermissionDenied ||
    /^E(ACCES|PERM)$/.test(errnoOf(error));
  if (isForbidden && Deno.uid() !== 0) {
    return " (orlop needs root: try it with sudo)";
  }
  if (errnoOf(error) === "ENOSPC" && path.at(-1) === "gc") {
    return " (a cleanup needs some space: remove a file by hand)";
  }
  if (errnoOf(error) === "ENOSPC") {
    return " (orlop df shows what uses the disk, orlop gc makes room)";
  }
  return "";
}
