/** The one copy operation for images. */

import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { ImageSink } from "../../formats/oci/image_sink.ts";
import { resolveImage, type ResolveOptions } from "./resolve_image.ts";

/** How to copy an image. */
export type CopyImageOptions = Omit<ResolveOptions, "findConfig">;

/**
 * Copies an image: resolves it, checks the policy, then passes it to the sink,
 * which fetches what it lacks.
 *
 * @param source Where manifests and blobs come from: any that has these calls.
 * @param sink Where the image goes to, likewise.
 * @returns The result of the sink.
 * @throws {InvalidManifestError} If the image breaks its specification.
 * @throws {BlobMismatchError} If bytes are not as promised.
 * @throws {PolicyError} If the policy refuses the image; nothing was written.
 * @example
 * ```ts
 * import {
 *   copyImage,
 *   type ImageSource,
 *   openLayoutMedium,
 *   openMediumSink,
 * } from "orlop";
 * async function keep(source: ImageSource, directory: string): Promise<void> {
 *   await using medium = await openLayoutMedium(directory, { ref: "1" });
 *   await copyImage(source, openMediumSink(medium), {
 *     policy({ digest }) {
 *       console.log(`copying ${digest}`);
 *     },
 *   });
 *   await medium.commit(); // until now the image was not to be seen
 * }
 * ```
 */
export async function copyImage<Result>(
  source: ImageSource,
  sink: ImageSink<Result>,
  options: CopyImageOptions = {},
): Promise<Result> {
  const image = await resolveImage(source, {
    ...options,
    findConfig: (digest) => sink.findConfig?.(digest),
  });
  const { signal } = options;
  return await sink.receive(image, source, { signal });
}
