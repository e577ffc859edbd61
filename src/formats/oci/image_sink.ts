/** The seam between images and where they go to. */

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
 * Where one image goes to. It asks the source for the blobs that it lacks, as only
 * it knows what it has; and verifies them, as only it knows when they are whole.
 *
 * Life cycle: a sink is opened for one image. `findConfig()` may save a request;
 * `receive()` gets the image when manifest and config are verified and a policy has
 * let it pass, opens what it lacks of the layers, and ends when the image is there.
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
 * @typeParam Result What it tells of an image that has arrived.
 */
export interface ImageSink<Result> {
  /** A config that it has already; it is verified all the same. */
  findConfig?(digest: Digest): Bytes | undefined;
  /**
   * Takes an image. Until this has ended the image is not there, nor is its name
   * anybody else's; of one that fails nothing can be seen.
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
