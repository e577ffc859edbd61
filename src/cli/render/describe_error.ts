/** An error in one line: what failed, why, and what to do about it. */

import { errnoOf, inOwnWords, readSystemFailure } from "../../errors/why.ts";

/** Describes an error, without a stack, in orlop's words. */
export function describeError(
  error: unknown,
  /** Words of the command: one that failed is no advice. */
  { path = [] }: { readonly path?: readonly string[] } = {},
): string {
  const line = messageOf(error).replaceAll(/\s*\n\s*/g, "; ");
  return `${line}${hintFor(error, path)}`;
}

/** A message says why after a colon; only one that does not needs its cause. */
function messageOf(error: unknown): string {
  // What failed first says more than what its clean-up ran into.
  if (error instanceof SuppressedError) return messageOf(error.suppressed);
  if (!(error instanceof Error)) return inOwnWords(String(error));
  const failure = readSystemFailure(error);
  if (failure !== undefined) {
    const { verb, path, why } = failure;
    return path === undefined
      ? `Cannot go on: ${why}`
      : `Cannot ${verb} "${path}": ${why}`;
  }
  const message = inOwnWords(error.message || error.name);
  if (message.includes(": ") || error.cause === undefined) return message;
  return `${message}: ${messageOf(error.cause)}`;
}

function hintFor(error: unknown, path: readonly string[]): string {
  if (error instanceof SuppressedError) return hintFor(error.suppressed, path);
  const isForbidden = error instanceof Deno.errors.PermissionDenied ||
    /^E(ACCES|PERM)$/.test(errnoOf(error));
  if (isForbidden && Deno.uid() !== 0) {
    return " (orlop needs root: try it with sudo)";
  }
  if (errnoOf(error) === "ENOSPC" && path.at(-1) === "gc") {
    return " (it takes a little room to make room: remove some file by hand)";
  }
  if (errnoOf(error) === "ENOSPC") {
    return " (orlop df shows what uses the disk, orlop gc makes room)";
  }
  return "";
}
