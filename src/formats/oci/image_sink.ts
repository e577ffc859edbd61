/** The interface of destinations of images. */

import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../bytes.ts";
import type { ImageBlobs, RawManifest } from "./blob_source.ts";
import type { Digest } from "./digest.ts";
import type { ImageConfig } from "./image_config.ts";
import type { ImageManifest } from "./manifest.ts";

/** One image, before its layers: all of it is verified. */
export interface ResolvedImage {
  /** The indexes that led to the manifest, outermost first. */
  readonly indexes: readonly RawManifest[];
  /** Its manifest, as received. */
  readonly raw: RawManifest;
  /** What that says. */
  readonly manifest: ImageManifest;
  /** As received: their digest is the image's ID. */
  readonly configBytes: Bytes;
  /** What they say. */
  readonly config: ImageConfig;
}

/**
 * The destination of one image. It requests the blobs that it lacks from the
 * source, and verifies them.
 *
 * Life cycle: a sink is opened for one image. `findConfig()` may save a request;
 * `receive()` is called when manifest and config are verified and the policy
 * accepts the image; it opens the missing layers, and ends when the image is
 * stored.
 *
 * @see `tests/contracts/image_sink_suite.ts` for all that it promises.
 * @example
 * ```ts
 * import { copyImage, type ImageSink, type ImageSource } from "orlop";
 * const counter: ImageSink<number> = {
 *   async receive({ manifest }, source, options) {
 *     let bytes = 0;
 *     for (const layer of manifest.layers) {
 *       const stream = await source.open(layer, options);
 *       for await (const chunk of stream) bytes += chunk.length;
 *     }
 *     return bytes;
 *   },
 * };
 * async function countBytes(source: ImageSource): Promise<number> {
 *   return await copyImage(source, counter);
 * }
 * ```
 * @typeParam Result The result of a received image.
 */
export interface ImageSink<Result> {
  /** A config that it already has; it is verified all the same. */
  findConfig?(digest: Digest): Bytes | undefined;
  /**
   * Receives an image. Until this has ended, the image is not visible, and its name
   * does not move; a failed image leaves nothing visible.
   *
   * @throws {BlobMismatchError} If a blob is not as promised.
   * @throws {NoSpaceError} If the disk is too small.
   */
  receive(
    image: ResolvedImage,
    source: ImageBlobs,
    options?: Abortable,
  ): Promise<Result>;
}
