/** Checks bytes that are whole in memory: manifests and configs. */

import { createHash } from "node:crypto";
import { BlobMismatchError } from "../../errors/image_errors.ts";
import { algorithmOf, type Digest } from "./digest.ts";

/**
 * Refuses bytes that are not those of a digest.
 *
 * @param what What they are, such as `Cannot pull "busybox": manifest`.
 * @throws {BlobMismatchError} If they are others.
 */
export function verifyBytes(
  bytes: Uint8Array,
  expected: Digest,
  what: string,
): void {
  const algorithm = algorithmOf(expected);
  const hex = createHash(algorithm).update(bytes).digest("hex");
  const actual = `${algorithm}:${hex}`;
  if (actual === expected) return;
  throw new BlobMismatchError(`${what} is ${actual}, expected ${expected}`);
}
