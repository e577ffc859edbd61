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
  const message = isOfSystem(error)
    ? `Cannot go on: ${wordsOfSystem(error)}`
    : error.message || error.name;
  if (message.includes(": ") || error.cause === undefined) return message;
  return `${message}: ${messageOf(error.cause)}`;
}

function hintFor(error: unknown): string {
  if (error instanceof SuppressedError) return hintFor(error.suppressed);
  const isForbidden = error instanceof Deno.errors.PermissionDenied ||
    /^E(ACCES|PERM)$/.test(codeOf(error));
  if (isForbidden) {
    return " (orlop needs root: try it with sudo)";
  }
  if (codeOf(error) === "ENOSPC") {
    return " (orlop df shows what uses the disk, orlop gc makes room)";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return " (orlop was started without this permission)";
  }
  return "";
}

/** Whether it comes from the system as it is: nobody has said what failed. */
function isOfSystem(error: Error): boolean {
  return !error.message.startsWith("Cannot ") &&
    /^E[A-Z]+$/.test(codeOf(error));
}

/** What the system says, as the end of a sentence. */
function wordsOfSystem({ message, name }: Error): string {
  return (message || name)
    .replace(/ \(os error \d+\)$/, "")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

/** The system's name of an error, such as `ENOENT`. */
function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && "code" in error;
  return isCoded && typeof error.code === "string" ? error.code : "";
}
