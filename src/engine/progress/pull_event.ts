/** Progress events of a pull. */

import type { Digest } from "../../formats/oci/digest.ts";

/** One step of a pull. Layers are named by the digests of their blobs. */
export type PullEvent =
  | {
    readonly kind: "start";
    readonly name: string;
    readonly layers: readonly LayerState[];
  }
  | {
    readonly kind: "download";
    readonly digest: Digest;
    /** In bytes. */
    readonly received: number;
    readonly size: number;
  }
  | {
    readonly kind: "retry";
    readonly digest: Digest;
    readonly reason: string;
  }
  /** Received in full, verified and unpacked, but not yet in the store. */
  | { readonly kind: "unpacked"; readonly digest: Digest }
  /** In the store. */
  | { readonly kind: "committed"; readonly digest: Digest };

/** A layer at the start of a pull. */
export interface LayerState {
  /** Of the blob. */
  readonly digest: Digest;
  /** Of the blob, in bytes. */
  readonly size: number;
  /** Whether the store has it already. */
  readonly present: boolean;
}

/** Receives events. */
export type OnPullEvent = (event: PullEvent) => void;
