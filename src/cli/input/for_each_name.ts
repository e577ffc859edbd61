/** Commands that take several names: one failure does not stop the others. */

import {
  AmbiguousIdError,
  NotFoundError,
} from "../../errors/not_found_errors.ts";

/** How failures are taken. */
export interface ForEachNameOptions {
  readonly signal: AbortSignal;
  /** Whether it is fine if there is nothing of a name. */
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
      // Nothing is called so: a variable of the caller's was empty.
      if (ignore && name !== "" && isAbsence(error)) continue;
      if (signal.aborted) throw error;
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures);
}

/** Whether there is nothing of a name; what fits several things is there. */
export function isAbsence(error: unknown): boolean {
  return error instanceof NotFoundError && !(error instanceof AmbiguousIdError);
}
