/** What the main thread and the workers for layers tell each other. */

import type { BlobAccess } from "../formats/blob_source.ts";
import type { DecodedLayer, DecodeLimits } from "../formats/decode_layer.ts";
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
import type { UnpackedArchive, UnpackLimits } from "../store/unpack_layer.ts";

/** A layer as received and unpacked, ready for the store. */
export interface UnpackedLayer extends DecodedLayer, UnpackedArchive {}

/** One blob to fetch, check and decompress. */
export interface ReceiveJob {
  readonly access: BlobAccess;
  readonly layer: Descriptor;
  /** The file that keeps what was received, for blobs that cost a download. */
  readonly partial: string | undefined;
  readonly limits: DecodeLimits;
}

/** One archive to unpack: the ring's next stream. */
export interface UnpackJob {
  /** An empty, private directory below the one that the worker may write. */
  readonly directory: string;
  readonly limits: UnpackLimits;
}

/** To either worker, before all else. */
export interface RingMessage {
  readonly kind: "ring";
  readonly memory: SharedArrayBuffer;
}

/** To the worker that receives. Jobs have an ID: a number above 0. */
export type ReceiveRequest =
  | RingMessage
  | { readonly kind: "receive"; readonly id: number; readonly job: ReceiveJob }
  | {
    readonly kind: "access";
    readonly id: number;
    readonly access: BlobAccess;
  }
  /** To leave the job, and say so. */
  | { readonly kind: "abort"; readonly id: number };

/** From the worker that receives: each job ends with one of the last two. */
export type ReceiveReport =
  & { readonly id: number }
  & (
    | { readonly kind: "progress"; readonly received: number }
    | { readonly kind: "retry"; readonly reason: string }
    /** The token has run out: it waits for `access`. */
    | { readonly kind: "unauthorized" }
    /** The ring's next stream is this job's. */
    | { readonly kind: "decoding" }
    | { readonly kind: "received"; readonly layer: DecodedLayer }
    | { readonly kind: "failed"; readonly error: ErrorData }
  );

/** To the worker that unpacks. */
export type UnpackRequest =
  | RingMessage
  | { readonly kind: "unpack"; readonly id: number; readonly job: UnpackJob };

/** From the worker that unpacks: after one of the last two it writes no more. */
export type UnpackReport =
  & { readonly id: number }
  & (
    /** Bytes were added to a large file. */
    | {
      readonly kind: "written";
      readonly path: string;
      readonly bytes: number;
    }
    | { readonly kind: "unpacked"; readonly archive: UnpackedArchive }
    | { readonly kind: "failed"; readonly error: ErrorData }
  );

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
    case "AbortError":
      return new DOMException(message, name);
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
