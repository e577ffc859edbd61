/** Media in memory, for tests of what goes into one. */

import type { Bytes } from "../../../src/formats/bytes.ts";
import type { RawManifest } from "../../../src/formats/oci/blob_source.ts";
import type { Digest } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type {
  ImageMedium,
  PutManifestOptions,
} from "../../../src/formats/oci/image_medium.ts";

/** A medium that keeps what it gets. */
export interface MemoryMedium extends ImageMedium {
  readonly blobs: Map<Digest, Bytes>;
  /** In the order in which they came. */
  readonly manifests: RawManifest[];
  /** As what each of these is to be found. */
  readonly puts: Pick<PutManifestOptions, "isNamed" | "names">[];
}

/** What a medium takes, and has. */
export interface MemoryMediumOptions {
  readonly layers?: ImageMedium["layers"];
  readonly manifestTypes?: readonly string[];
  readonly present?: readonly Digest[];
  /** Throws for a manifest that it does not take. */
  readonly check?: (manifest: RawManifest) => void;
}

/** Makes a medium in memory. */
export function memoryMedium(
  {
    layers = "compressed",
    manifestTypes = [],
    present = [],
    check = () => {},
  }: MemoryMediumOptions = {},
): MemoryMedium {
  const blobs = new Map<Digest, Bytes>();
  const manifests: RawManifest[] = [];
  const puts: MemoryMedium["puts"] = [];
  return {
    ...{ blobs, manifests, puts, manifestTypes, layers },
    has: ({ digest }) =>
      Promise.resolve(blobs.has(digest) || present.includes(digest)),
    async put(blob) {
      const stream = await blob.open();
      const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return { digest, size: bytes.length };
    },
    // deno-lint-ignore require-await -- to fail by rejection
    async putManifest(manifest, { isNamed = false, names = [] } = {}) {
      check(manifest);
      manifests.push(manifest);
      puts.push({ isNamed, names });
    },
    commit: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {},
  };
}
