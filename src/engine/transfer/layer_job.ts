/** What the main thread and a worker for layers tell each other. */

import { InvalidLayerError, NoSpaceError } from "../../errors/image_errors.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import { isErrno } from "../../fs/errno.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";

/** One layer to unpack: what a worker is told, which does one at a time. */
export interface UnpackJob {
  /** The file of its blob, which may still grow. */
  readonly path: string;
  /** The memory of a `BlobProgress`: how much of the file is there. */
  readonly progress: SharedArrayBuffer;
  /** Of the blob. */
  readonly digest: Digest;
  /** An empty, private directory below the one that the worker may write. */
  readonly directory: string;
  readonly limits: UnpackLimits;
}

/** From the worker: after one of the last two it writes no more. */
export type UnpackReport =
  /** So much of the blob was read. */
  | { readonly kind: "progress"; readonly read: number }
  /** Bytes were added to a large file. */
  | { readonly kind: "written"; readonly path: string; readonly bytes: number }
  | { readonly kind: "unpacked"; readonly layer: UnpackedLayer }
  | { readonly kind: "failed"; readonly error: ErrorData };

/** An error as plain data: its class does not survive a message. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  /** Of an `InvalidLayerError`. */
  readonly layer?: Pick<InvalidLayerError, "verb" | "why">;
  readonly stack: string | undefined;
}

/** Takes an error apart, in the worker. */
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
 * Puts an error together again, in the main thread.
 *
 * @param digest Of the layer: whoever unpacks it does not know.
 */
export function fromErrorData(data: ErrorData, digest: Digest): Error {
  const error = revive(data, digest);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function revive(
  { name, message, layer }: ErrorData,
  digest: Digest,
): Error {
  switch (name) {
    case "AbortError":
      return new DOMException(message, name);
    case "InvalidLayerError":
      return new InvalidLayerError(layer?.why ?? message, { ...layer, digest });
    case "NoSpaceError":
      return new NoSpaceError(
        `Cannot unpack layer "${digest}": no space left on device`,
      );
    default:
      return new Error(message);
  }
}
