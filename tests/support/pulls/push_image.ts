/** A small image, and a push of it, blob by blob. */

import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type { OutgoingBlob } from "../../../src/formats/oci/image_medium.ts";
import {
  OCI_CONFIG,
  OCI_LAYER_GZIP,
} from "../../../src/formats/oci/media_types.ts";
import { parseReference } from "../../../src/formats/oci/reference.ts";
import {
  openPush,
  type OpenPushOptions,
} from "../../../src/registry/upload/open_push.ts";
import { type MadeImage, makeImage, noise } from "../servers/served_image.ts";

/** Three chunks of {@linkcode CHUNK_SIZE}, and half of one. */
export const LAYER: Bytes = noise(350_000);
/** What is kept of a blob at once, in bytes. */
export const CHUNK_SIZE = 100_000;

/** What {@linkcode pushImage} pushes. */
export const IMAGE: MadeImage = makeImage([{
  blob: LAYER,
  diffId: digestOf(LAYER),
  mediaType: OCI_LAYER_GZIP,
}]);

/** A blob of bytes; `"unknown"` is one that is being compressed. */
export function blobOf(
  bytes: Bytes,
  { kind = "layer", digest = "known" }: {
    readonly kind?: OutgoingBlob["kind"];
    readonly digest?: "known" | "unknown" | undefined;
  } = {},
): OutgoingBlob {
  const known = { digest: digestOf(bytes), size: bytes.length };
  return {
    kind,
    mediaType: kind === "layer" ? OCI_LAYER_GZIP : OCI_CONFIG,
    ...(digest === "known" ? known : {}),
    // deno-lint-ignore require-await -- others have to wait
    async open(offset = 0) {
      if (digest === "unknown" && offset > 0) throw new Error("only from 0 on");
      return new Blob([bytes.slice(offset)]).stream();
    },
  };
}

/** Pushes the image as a sink would. */
export async function pushImage(
  name: string,
  options: OpenPushOptions & { readonly digest?: "known" | "unknown" } = {},
): Promise<void> {
  const { signal, digest } = options;
  await using medium = await openPush(parseReference(name), {
    chunkSize: CHUNK_SIZE,
    ...options,
  });
  const { blobs, manifest, config, layers: [layer = config] } = IMAGE;
  if (!await medium.has(layer, { signal })) {
    await medium.put(blobOf(LAYER, { digest }), { signal });
  }
  const text = blobs.get(config.digest) ?? toBytes("");
  if (!await medium.has(config, { signal })) {
    await medium.put(blobOf(text, { kind: "config" }), { signal });
  }
  const bytes = blobs.get(manifest.digest) ?? toBytes("");
  const { mediaType, digest: own } = manifest;
  const raw = { bytes, mediaType, digest: own };
  await medium.putManifest(raw, { isNamed: true, signal });
  await medium.commit();
}
