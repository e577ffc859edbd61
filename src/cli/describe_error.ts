/** An error in one line: what failed, why, and what to do about it. */

/** Describes an error and what caused it, without a stack. */
export function describeError(error: unknown): string {
  const texts: string[] = [];
  for (let cause = error; cause !== undefined; cause = causeOf(cause)) {
    const text = messageOf(cause);
    // Wrapping errors often repeat what they wrap.
    if (text !== "" && !texts.some((told) => told.includes(text))) {
      texts.push(text);
    }
    if (texts.length > 5) break; // a cause may be its own cause
  }
  const line = texts.join(": ").replaceAll(/\s*\n\s*/g, "; ");
  return `${line || "Cannot go on: no reason was given"}${hintFor(error)}`;
}

function hintFor(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) {
    return " (orlop needs root: try it with sudo)";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return " (orlop was started without this permission)";
  }
  return "";
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join("; ");
  }
  return error.message || error.name;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
