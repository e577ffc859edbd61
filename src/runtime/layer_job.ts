/** What the main thread and the workers that unpack layers tell each other. */

import type { BlobAccess } from "../formats/blob_source.ts";
import type { Descriptor } from "../formats/descriptor.ts";
import { isErrno } from "../fs/errno.ts";
import {
  BlobMismatchError,
  HostNotPermittedError,
  InvalidLayerError,
  NoSpaceError,
  RegistryError,
  UnauthorizedError,
} from "../image_errors.ts";
import type { UnpackedLayer, UnpackLimits } from "../store/unpack_layer.ts";

/** One layer to fetch and unpack. */
export interface LayerJob {
  readonly access: BlobAccess;
  readonly layer: Descriptor;
  /** An empty, private directory below the one that the worker may write. */
  readonly directory: string;
  /** The file that keeps what was received, for blobs that cost a download. */
  readonly partial: string | undefined;
  readonly limits: UnpackLimits;
}

/** To a worker. */
export type WorkerRequest =
  | { readonly kind: "job"; readonly job: LayerJob }
  | { readonly kind: "access"; readonly access: BlobAccess }
  /** To leave the job, and say so: then nothing is written any more. */
  | { readonly kind: "abort" };

/** From a worker. */
export type WorkerReport =
  | { readonly kind: "progress"; readonly received: number }
  | { readonly kind: "retry"; readonly reason: string }
  /** The token has run out: it waits for `access`. */
  | { readonly kind: "unauthorized" }
  | { readonly kind: "done"; readonly layer: UnpackedLayer }
  | { readonly kind: "failed"; readonly error: ErrorData };

/** An error as plain data: its class does not survive a message. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly status?: number;
  readonly code?: string;
  readonly host?: string;
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
  if (error instanceof RegistryError) {
    return { name, message, stack, status: error.status, code: error.code };
  }
  if (error instanceof HostNotPermittedError) {
    return { name, message, stack, host: error.host };
  }
  return { name, message, stack };
}

/** Puts an error together again, in the main thread. */
export function fromErrorData(data: ErrorData): Error {
  const error = revive(data);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function revive({ name, message, host, ...details }: ErrorData): Error {
  switch (name) {
    case "InvalidLayerError":
      return new InvalidLayerError(message);
    case "BlobMismatchError":
      return new BlobMismatchError(message);
    case "NoSpaceError":
      return new NoSpaceError(message);
    case "RegistryError":
      return new RegistryError(message, details);
    case "UnauthorizedError":
      return new UnauthorizedError(message, details);
    case "HostNotPermittedError":
      return new HostNotPermittedError(message, host ?? "");
    default:
      return new Error(message);
  }
}
