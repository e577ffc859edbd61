/** What the main thread and a worker for layers tell each other. */

import { InvalidLayerError, NoSpaceError } from "../../errors/image_errors.ts";
import { isErrno } from "../../fs/errno.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";

/** One layer to unpack: what a worker is told, which does one at a time. */
export interface UnpackJob {
  /** The file of its blob, which may still grow. */
  readonly path: string;
  /** The memory of a `BlobProgress`: how much of the file is there. */
  readonly progress: SharedArrayBuffer;
  /** Of the blob's digest. */
  readonly algorithm: string;
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
  readonly stack: string | undefined;
}

/** Takes an error apart, in the worker. */
export function toErrorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), stack: undefined };
  }
  const { name, message, stack } = error;
  if (isErrno(error, "ENOSPC", "EDQUOT")) {
    const said = "Cannot unpack the layer: no space left on device";
    return { name: "NoSpaceError", message: said, stack };
  }
  return { name, message, stack };
}

/** Puts an error together again, in the main thread. */
export function fromErrorData(data: ErrorData): Error {
  const error = revive(data);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function revive({ name, message }: ErrorData): Error {
  switch (name) {
    case "AbortError":
      return new DOMException(message, name);
    case "InvalidLayerError":
      return new InvalidLayerError(message);
    case "NoSpaceError":
      return new NoSpaceError(message);
    default:
      return new Error(message);
  }
}
