/** Images in memory, for those of a few hundred bytes. */

import { NotFoundError } from "../errors/not_found_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { ImageSource, RawManifest } from "../formats/oci/blob_source.ts";
import type { Digest } from "../formats/oci/digest.ts";

/** All of an image. */
export interface MemoryImage {
  /** Its only one. */
  readonly manifest: RawManifest;
  /** Its config and layers. */
  readonly blobs: ReadonlyMap<Digest, Bytes>;
}

/** Opens an image; what it does not have is a `NotFoundError`. */
export function openMemory({ manifest, blobs }: MemoryImage): ImageSource {
  return {
    // deno-lint-ignore require-await -- to fail as the others do: by rejection
    async fetchManifest(digest = manifest.digest, { signal } = {}) {
      signal?.throwIfAborted();
      if (digest === manifest.digest) return manifest;
      throw new NotFoundError(`Cannot read manifest "${digest}": unknown`);
    },
    // deno-lint-ignore require-await -- likewise
    async open({ digest }, { offset = 0, signal } = {}) {
      signal?.throwIfAborted();
      const bytes = blobs.get(digest);
      if (bytes !== undefined) return new Blob([bytes.slice(offset)]).stream();
      throw new NotFoundError(`Cannot open blob "${digest}": unknown`);
    },
  };
}
