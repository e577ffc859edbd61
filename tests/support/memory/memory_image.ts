/** Images of layouts, in memory. */

import type { ImageSource } from "../../../src/formats/oci/blob_source.ts";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { openMemory } from "../../../src/transports/memory_source.ts";
import type { TestImage } from "../images/test_layout.ts";

/** Reads an image of a layout, which may go then. */
export async function memoryImage(
  { layout, manifest, config, layers }: TestImage,
): Promise<ImageSource> {
  const read = ({ digest }: TestImage["manifest"]) =>
    Deno.readFile(`${layout}/blobs/sha256/${hexOf(digest)}`);
  const { digest, mediaType } = manifest;
  const blobs = await Promise.all(
    [config, ...layers].map(async (blob) =>
      [blob.digest, await read(blob)] as const
    ),
  );
  return openMemory({
    manifest: { digest, mediaType, bytes: await read(manifest) },
    blobs: new Map(blobs),
  });
}
