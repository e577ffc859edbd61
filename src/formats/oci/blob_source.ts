/** The interfaces of sources of images. */

import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../bytes.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";

/** A manifest or index exactly as it was received. */
export interface RawManifest {
  /** All of it. */
  readonly bytes: Bytes;
  /** As the source declared it, without parameters; `""` if it did not. */
  readonly mediaType: string;
  /** Computed over `bytes`. */
  readonly digest: Digest;
}

/** Options of {@linkcode BlobSource.open}. */
export interface OpenBlobOptions extends Abortable {
  /**
   * The first byte to read.
   *
   * @default {0}
   */
  readonly offset?: number;
}

/** Where blobs come from: a registry, a layout on disk, a map in a test. */
export interface BlobSource {
  /** Opens a blob. Its bytes are unverified: the reader verifies them. */
  open(
    blob: Descriptor,
    options?: OpenBlobOptions,
  ): Promise<ReadableStream<Bytes>>;
  /**
   * Opens a part of a blob, while another one is read. Omitted by sources that
   * would not be faster.
   *
   * @returns Undefined if it gives no parts now.
   */
  readonly openRange?:
    | ((
      blob: Descriptor,
      options: BlobRange & Abortable,
    ) => Promise<ReadableStream<Bytes> | undefined>)
    | undefined;
}

/** A part of a blob, in bytes. */
export interface BlobRange {
  /** The first one that is wanted. */
  readonly offset: number;
  /** The one behind the last. */
  readonly end: number;
}

/** Where the blobs of one image come from. */
export interface ImageBlobs extends BlobSource {
  /** Left out by sources whose blobs are no files on this machine. */
  readonly files?: BlobFiles | undefined;
  /**
   * The layers as this source has them, from the base up, if not as the manifest
   * lists them: a store keeps no compressed bytes. They are plain tars then, known
   * by their diff IDs, and `open()` takes them. Left out by all others.
   */
  readonly plainLayers?: readonly Descriptor[] | undefined;
}

/**
 * Where one image comes from, with all that belongs to it.
 *
 * Terms: a *blob* is a config or a layer, known by its digest; a *manifest* lists
 * the blobs of one image, an *index* the manifests of several platforms.
 *
 * Life cycle: a copy fetches the manifest that the source was opened for (of an
 * index, the manifest for the platform), opens the config, then the layers, several
 * concurrently, and again from an offset if a stream breaks. All bytes are
 * unverified: the reader checks digests and sizes. The opener closes the source
 * afterwards.
 *
 * @see `tests/contracts/image_source_suite.ts` for all that it promises.
 * @example
 * ```ts
 * import {
 *   type Bytes,
 *   type Digest,
 *   type ImageSource,
 *   NotFoundError,
 *   type RawManifest,
 * } from "orlop";
 * function openMap(
 *   manifest: RawManifest,
 *   blobs: ReadonlyMap<Digest, Bytes>,
 * ): ImageSource {
 *   return {
 *     fetchManifest: async (digest = manifest.digest) => {
 *       if (digest === manifest.digest) return manifest;
 *       throw new NotFoundError(`Cannot find manifest "${digest}"`);
 *     },
 *     open: async ({ digest }, { offset = 0 } = {}) => {
 *       const bytes = blobs.get(digest);
 *       if (bytes) return new Blob([bytes.slice(offset)]).stream();
 *       throw new NotFoundError(`Cannot find blob "${digest}"`);
 *     },
 *   };
 * }
 * ```
 */
export interface ImageSource extends ImageBlobs {
  /**
   * Fetches a manifest.
   *
   * @param digest Which; if omitted, the one that the source was opened for.
   * @throws {BlobMismatchError} If a digest is asked for and others bytes come.
   */
  fetchManifest(digest?: Digest, options?: Abortable): Promise<RawManifest>;
}

/** Blobs that are files already: they are read where they are. */
export interface BlobFiles {
  /** What their readers must be able to read: folders and files; absolute. */
  readonly reach: readonly string[];
  /**
   * Finds the file of a blob. Its bytes are unproven, also how many.
   *
   * @throws {NotFoundError} If there is none.
   */
  find(blob: Descriptor): Promise<BlobFile>;
}

/** The file that a blob is in. */
export interface BlobFile {
  /** Absolute. */
  readonly path: string;
  /**
   * Where the blob begins in it, in bytes.
   *
   * @default {0}
   */
  readonly offset?: number;
  /** The blob's, in bytes. */
  readonly size: number;
}
