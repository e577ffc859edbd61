/** What a hostile layer is, and what must come of it. */

import type { Bytes } from "../../../src/formats/bytes.ts";
import type { UnpackLimits } from "../../../src/unpack/unpack_layer.ts";

/** A layer made to do harm, or merely odd. */
export interface HostileLayer {
  /** The attack. */
  readonly name: string;
  /** The layer as transferred; a function if it is large. */
  readonly layer: Bytes | (() => Iterable<Bytes>);
  readonly limits?: UnpackLimits;
  /** Part of the refusal, if it is refused. */
  readonly refused?: string;
  /**
   * What comes of it, if it is not: path, type as `find` names it, and what a
   * symlink holds or a device is.
   */
  readonly tree?: readonly string[];
  /** Why skopeo makes something else of it; left out, it makes the same. */
  readonly unlikeSkopeo?: string;
}
