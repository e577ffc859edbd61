/** The seam between images and where they come from. */

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
  /** The first byte that is wanted; 0 is the default. */
  readonly offset?: number;
}

/** Where blobs come from: a registry, a layout on disk, a map in a test. */
export interface BlobSource {
  /** Opens a blob. Its bytes are unproven: whoever reads them verifies them. */
  open(
    blob: Descriptor,
    options?: OpenBlobOptions,
  ): Promise<ReadableStream<Bytes>>;
}

/** Where one image comes from, with all that belongs to it. */
export interface ImageSource extends BlobSource {
  /**
   * Fetches a manifest.
   *
   * @param digest Which; left out, the one that the source was opened for.
   * @throws {BlobMismatchError} If a digest is asked for and others bytes come.
   */
  fetchManifest(digest?: Digest, options?: Abortable): Promise<RawManifest>;
  /** How the same blobs are reached without it. */
  readonly access: BlobAccess;
}

/** How blobs are reached: plain data. */
export type BlobAccess = HttpBlobAccess | LayoutBlobAccess | MemoryBlobAccess;

/** Blobs of a repository in a registry. */
export interface HttpBlobAccess {
  /** A registry. */
  readonly kind: "http";
  /** Such as `https://quay.io/v2/prometheus/busybox/`. */
  readonly repositoryUrl: string;
  /** The ready value of the Authorization header, for this origin only. */
  readonly authorization?: string;
  /** PEM certificates to trust beside the system's. */
  readonly caCerts?: readonly string[];
  /** PEM client certificate and key. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Whether TLS certificates are not checked. */
  readonly insecure?: boolean;
}

/** Blobs of an OCI layout on disk: OCI image-layout.md. */
export interface LayoutBlobAccess {
  /** A folder. */
  readonly kind: "layout";
  /** The folder that holds `oci-layout` and `blobs`; absolute. */
  readonly directory: string;
}

/** Blobs that are at hand, for images of a few hundred bytes. */
export interface MemoryBlobAccess {
  /** At hand. */
  readonly kind: "memory";
  /** Each by its digest. */
  readonly blobs: ReadonlyMap<Digest, Bytes>;
}
