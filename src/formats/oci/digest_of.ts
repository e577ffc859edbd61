/** Computes content digests: apart from their grammar, for what it loads. */

import { createHash, type Hash } from "node:crypto";
import type { Digest } from "./digest.ts";

/**
 * Computes the sha256 digest of a text (as UTF-8) or of bytes.
 *
 * @param content What is hashed, as a whole.
 * @example
 * ```ts
 * import { digestOf } from "orlop";
 * console.log(digestOf("foo")); // sha256:2c26b46b…
 * ```
 */
export function digestOf(content: string | Uint8Array): Digest {
  return endDigest(createHash("sha256").update(content));
}

/** Ends a hash by sha256: gives the digest of all that it was updated with. */
export function endDigest(hash: Hash): Digest {
  return `sha256:${hash.digest("hex")}` as Digest;
}
