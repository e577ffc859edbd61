/** Errors that a worker sends to the main thread. */

import { InvalidLayerError, NoSpaceError } from "../errors/image_errors.ts";
import type { Digest } from "../formats/oci/digest.ts";
import { isErrno } from "../fs/errno.ts";

/** An error as plain data: messages do not preserve its class. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  /** Of an `InvalidLayerError`. */
  readonly layer?: Pick<InvalidLayerError, "verb" | "why">;
  readonly stack: string | undefined;
}

/** Serializes an error, in the worker. */
export function toErrorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), stack: undefined };
  }
  const { name, message, stack } = error;
  if (error instanceof InvalidLayerError) {
    const { verb, why } = error;
    return { name, message, layer: { verb, why }, stack };
  }
  const isFull = isErrno(error, "ENOSPC", "EDQUOT");
  return { name: isFull ? "NoSpaceError" : name, message, stack };
}

/**
 * Rebuilds an error, in the main thread.
 *
 * @param digest The digest of the layer, which the unpacking worker does not know.
 */
export function fromErrorData(data: ErrorData, digest?: Digest): Error {
  const error = rebuildError(data, digest);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function rebuildError(
  { name, message, layer }: ErrorData,
  digest?: Digest,
): Error {
  switch (name) {
    case "AbortError":
      return new DOMException(message, name);
    case "InvalidLayerError":
      return new InvalidLayerError(layer?.why ?? message, {
        ...layer,
        ...digest !== undefined && { digest },
      });
    case "NoSpaceError":
      return new NoSpaceError(
        `Cannot unpack ${digest === undefined ? "it" : `layer "${digest}"`}: ` +
          "no space left on device",
      );
    default:
      return new Error(message);
  }
}
