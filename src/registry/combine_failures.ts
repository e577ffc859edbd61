/** Combines the failures of several endpoints into one error. */

import {
  BlobMismatchError,
  RegistryError,
  UnauthorizedError,
} from "../errors/image_errors.ts";

/** Options of {@linkcode combineFailures}. */
export interface CombineFailuresOptions {
  /** What all of them say. */
  readonly message: string;
  /** The error of the endpoint that the others mirror. */
  readonly primary?: Error | undefined;
}

/**
 * Makes one error, with the class of the most severe one. Whether an image exists
 * is decided by the mirrored registry, not by its mirrors; but wrong bytes count
 * from any endpoint.
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

/** The severity: the less certain it is whether the image exists, the higher. */
function gravityOf(error: Error): number {
  if (error instanceof BlobMismatchError) return 3;
  if (error instanceof UnauthorizedError) return 1;
  return error instanceof RegistryError && error.isImageUnknown ? 0 : 2;
}
