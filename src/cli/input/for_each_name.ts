/** Commands that take several names: one failure does not stop the others. */

import {
  AmbiguousIdError,
  NotFoundError,
} from "../../errors/not_found_errors.ts";

/** How to handle failures. */
export interface ForEachNameOptions {
  readonly signal: AbortSignal;
  /** Whether a missing object is no error. */
  readonly ignore?: boolean | undefined;
}

/**
 * Acts on each name in turn.
 *
 * @throws {AggregateError} Of all failures, if there are several; the failure
 *   itself if there is one.
 */
export async function forEachName(
  names: readonly string[],
  { signal, ignore }: ForEachNameOptions,
  act: (name: string) => Promise<void> | void,
): Promise<void> {
  const failures: unknown[] = [];
  for (const name of names) {
    signal.throwIfAborted();
    try {
      await act(name);
    } catch (error) {
      // An empty name is an error: a variable of the caller may be unset.
      if (ignore && name !== "" && isAbsence(error)) continue;
      if (signal.aborted) throw error;
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures);
}

/** Whether the object is missing; an ambiguous name is not. */
export function isAbsence(error: unknown): boolean {
  return error instanceof NotFoundError && !(error instanceof AmbiguousIdError);
}
