/**
 * The interface of media that store images blob by blob: all destinations except
 * stores.
 */

import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../bytes.ts";
import type { RawManifest } from "./blob_source.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { ImageName } from "./reference.ts";

/** A blob that is about to be written. */
export interface OutgoingBlob {
  /** `"layer"` may be large; a config is at most a few MiB. */
  readonly kind: "config" | "layer";
  /** As which type its manifest will list it. */
  readonly mediaType: string;
  /** Omitted if it is not known yet: it is being compressed. */
  readonly digest?: Digest | undefined;
  /** In bytes; left out likewise. */
  readonly size?: number | undefined;
  /**
   * Opens its bytes, from an offset on if the medium goes on after a break. A
   * blob that is being compressed can only be opened at 0.
   */
  open(offset?: number): Promise<ReadableStream<Bytes>>;
}

/** The names of a manifest in a medium. */
export interface PutManifestOptions extends Abortable {
  /**
   * Whether it is the one that the medium's name stands for: if omitted, it is
   * reached by its digest alone, as the manifests of an index are.
   *
   * @default {false}
   */
  readonly isNamed?: boolean | undefined;
  /**
   * Further names of it in full, for media that keep several: those of an image
   * that is saved from a store.
   *
   * @default {[]}
   */
  readonly names?: readonly ImageName[] | undefined;
}

/** A blob that was written. */
export interface WrittenBlob {
  /** Computed over the bytes that were written. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/**
 * A medium that is open for one or more images: a layout, a folder, an archive,
 * a repository in a registry.
 *
 * Life cycle: for each image its layers, its config, its manifest; for several
 * platforms then the index; at last `commit()`. Anything that is not committed when
 * it is disposed of is removed, if possible.
 *
 * @see `tests/contracts/image_medium_suite.ts` for all that it promises.
 * @example
 * ```ts
 * import { type Bytes, digestOf, type ImageMedium } from "orlop";
 * async function putConfig(medium: ImageMedium, bytes: Bytes): Promise<void> {
 *   const config = {
 *     mediaType: "application/vnd.oci.image.config.v1+json",
 *     digest: digestOf(bytes),
 *     size: bytes.length,
 *   };
 *   if (await medium.has(config)) return;
 *   const open = async (offset = 0) =>
 *     new Blob([bytes.slice(offset)]).stream();
 *   await medium.put({ kind: "config", ...config, open });
 * }
 * ```
 */
export interface ImageMedium extends AsyncDisposable {
  /** The supported types of manifests, the preferred first; empty for all. */
  readonly manifestTypes: readonly string[];
  /**
   * `"uncompressed"` if its layers must be plain tars; `"compressed"` if those that
   * are plain are to be compressed, unless the user says otherwise; `"any"` if
   * they stay as they are.
   */
  readonly layers: "uncompressed" | "compressed" | "any";
  /**
   * Whether a blob is there already, or can be added without its bytes, such as by
   * mounting it from another repository.
   */
  has(blob: Descriptor, options?: Abortable): Promise<boolean>;
  /**
   * Writes a blob.
   *
   * @throws {BlobMismatchError} If digest or size are not as promised.
   * @throws {NoSpaceError} If the disk is too small.
   */
  put(blob: OutgoingBlob, options?: Abortable): Promise<WrittenBlob>;
  /**
   * Writes a manifest or an index, when all that it lists is there.
   *
   * @param options As what it is to be found.
   */
  putManifest(
    manifest: RawManifest,
    options?: PutManifestOptions,
  ): Promise<void>;
  /** Makes all that was written visible, and durable. */
  commit(options?: Abortable): Promise<void>;
}
