/** Messages between the main thread and a worker for layers. */

import type { Digest } from "../../formats/oci/digest.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";
import type { ErrorData } from "../error_data.ts";

/** A layer to unpack; a worker does one at a time. */
export interface UnpackJob {
  /** The file of its blob, which may still grow. */
  readonly path: string;
  /** The offset of the blob in it, in bytes. */
  readonly offset: number;
  /** The memory of a `BlobProgress`: how much of the blob is there. */
  readonly progress: SharedArrayBuffer;
  /** Of the blob. */
  readonly digest: Digest;
  /** An empty, private directory below the one that the worker may write. */
  readonly directory: string;
  readonly limits: UnpackLimits;
}

/** From the worker: after one of the last two it writes no more. */
export type UnpackReport =
  /** The bytes of the blob that were read. */
  | { readonly kind: "progress"; readonly read: number }
  /** Bytes were added to a large file. */
  | { readonly kind: "written"; readonly path: string; readonly bytes: number }
  | { readonly kind: "unpacked"; readonly layer: UnpackedLayer }
  | { readonly kind: "failed"; readonly error: ErrorData };
