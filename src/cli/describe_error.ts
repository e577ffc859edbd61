/** An error in one line: what failed, why, and what to do about it. */

/** Describes an error, without a stack. */
export function describeError(error: unknown): string {
  const line = messageOf(error).replaceAll(/\s*\n\s*/g, "; ");
  return `${line}${hintFor(error)}`;
}

/** A message says why after a colon; only one that does not needs its cause. */
function messageOf(error: unknown): string {
  // What failed first says more than what its clean-up ran into.
  if (error instanceof SuppressedError) return messageOf(error.suppressed);
  if (!(error instanceof Error)) return String(error);
  const message = error.message || error.name;
  if (message.includes(": ") || error.cause === undefined) return message;
  return `${message}: ${messageOf(error.cause)}`;
}

function hintFor(error: unknown): string {
  if (error instanceof SuppressedError) return hintFor(error.suppressed);
  if (error instanceof Deno.errors.PermissionDenied) {
    return " (orlop needs root: try it with sudo)";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return " (orlop was started without this permission)";
  }
  return "";
}
