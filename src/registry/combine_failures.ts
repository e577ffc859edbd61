/** One error for an image that several places were asked for in vain. */

import {
  BlobMismatchError,
  RegistryError,
  UnauthorizedError,
} from "../errors/image_errors.ts";

/** Options of {@linkcode combineFailures}. */
export interface CombineFailuresOptions {
  /** What all of them say. */
  readonly message: string;
  /** Of the place that the others only mirror. */
  readonly primary?: Error | undefined;
}

/**
 * Makes one error of several: of the kind of the gravest. A mirror has no more
 * than the place that it mirrors, which knows whether there is such an image;
 * but wrong bytes count wherever they come from.
 */
export function combineFailures(
  failures: readonly Error[],
  { message, primary }: CombineFailuresOptions,
): Error {
  const sorted = failures.toSorted((a, b) => gravityOf(b) - gravityOf(a));
  const [gravest] = sorted;
  const isWrong = gravest instanceof BlobMismatchError;
  const cause = isWrong ? gravest : primary ?? gravest;
  if (isWrong) return new BlobMismatchError(message, { cause });
  if (cause instanceof RegistryError) {
    const { status, code, reason } = cause;
    return cause instanceof UnauthorizedError
      ? new UnauthorizedError(message, { status, code, reason, cause })
      : new RegistryError(message, { status, code, reason, cause });
  }
  const others = sorted.filter((error) => error !== cause);
  return new AggregateError([cause, ...others], message, { cause });
}

/** The less is known of whether there is such an image, the graver it is. */
function gravityOf(error: Error): number {
  if (error instanceof BlobMismatchError) return 3;
  if (error instanceof UnauthorizedError) return 1;
  return error instanceof RegistryError && error.isImageUnknown ? 0 : 2;
}
