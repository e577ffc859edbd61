/** A source of blobs in memory: the twin of registries and layouts. */

import { NotFoundError } from "../../src/errors/store_errors.ts";
import type { Bytes } from "../../src/formats/bytes.ts";
import type { BlobSource } from "../../src/formats/oci/blob_source.ts";
import { type Digest, digestOf } from "../../src/formats/oci/digest.ts";

/** Makes a source that has these blobs and no others. */
export function memoryBlobSource(blobs: readonly Bytes[]): BlobSource {
  const byDigest = new Map<Digest, Bytes>(
    blobs.map((bytes) => [digestOf(bytes), bytes]),
  );
  return {
    // deno-lint-ignore require-await -- to fail as the others do: by rejection
    async open({ digest }, { offset = 0, signal } = {}) {
      signal?.throwIfAborted();
      const bytes = byDigest.get(digest);
      if (bytes !== undefined) return new Blob([bytes.slice(offset)]).stream();
      throw new NotFoundError(`Cannot open blob "${digest}": unknown`);
    },
  };
}
