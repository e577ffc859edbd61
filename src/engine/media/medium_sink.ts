/** A medium as a place where images go to. */

import type { Abortable } from "../../errors/abort.ts";
import { type Bytes, concatBytes } from "../../formats/bytes.ts";
import type { ImageBlobs } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type {
  ImageMedium,
  PutManifestOptions,
} from "../../formats/oci/image_medium.ts";
import type { ImageSink, ResolvedImage } from "../../formats/oci/image_sink.ts";

/** How an image goes into a medium. */
export interface MediumSinkOptions
  extends Pick<PutManifestOptions, "isNamed" | "names"> {}

/**
 * Opens a medium for one image. The medium is neither committed nor disposed of:
 * more images may follow.
 *
 * @param options By default the image is the one that the medium's name stands for.
 * @returns A sink that tells the manifest that was written.
 */
export function openMediumSink(
  medium: ImageMedium,
  { isNamed = true, names }: MediumSinkOptions = {},
): ImageSink<Descriptor> {
  return {
    async receive(image, source, { signal } = {}) {
      const { raw, manifest } = image;
      for (const blob of manifest.layers) {
        await putLayer(medium, blob, { source, signal });
      }
      await putConfig(medium, image, { signal });
      const { mediaType } = manifest;
      const { bytes, digest } = raw;
      const written = { bytes, digest, mediaType };
      await medium.putManifest(written, { isNamed, names, signal });
      return { mediaType, digest, size: bytes.byteLength };
    },
  };
}

async function putLayer(
  medium: ImageMedium,
  blob: Descriptor,
  { source, signal }: Abortable & { readonly source: ImageBlobs },
): Promise<void> {
  if (await medium.has(blob, { signal })) return;
  const open = (offset = 0) => source.open(blob, { offset, signal });
  await medium.put({ kind: "layer", ...blob, open }, { signal });
}

async function putConfig(
  medium: ImageMedium,
  { manifest, configBytes }: ResolvedImage,
  options: Abortable,
): Promise<void> {
  const blob = manifest.config;
  if (await medium.has(blob, options)) return;
  // deno-lint-ignore require-await -- others have to wait
  const open = async (offset = 0) => streamOf(configBytes.subarray(offset));
  await medium.put({ kind: "config", ...blob, open }, options);
}

function streamOf(bytes: Bytes): ReadableStream<Bytes> {
  return new Blob([concatBytes([bytes])]).stream();
}
