/** Descriptors: OCI image-spec v1.1, descriptor.md. */

import type { Digest } from "./digest.ts";

/** What an image was built for, in Go's terms: OCI image-index.md. */
export interface Platform {
  /** Such as `linux`. */
  readonly os: string;
  /** Such as `amd64`. */
  readonly architecture: string;
  /** Such as `v7`, for arm. */
  readonly variant?: string;
}

/** Names a blob by its content. */
export interface Descriptor {
  /** What it holds. */
  readonly mediaType: string;
  /** Of its bytes. */
  readonly digest: Digest;
  /** In bytes, of the blob as it is transferred. */
  readonly size: number;
  /** Where else the blob may be had; used for foreign layers. */
  readonly urls?: readonly string[];
  /** Free texts by name. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Only in an index. */
  readonly platform?: Platform;
  /** What it is if it is no image. */
  readonly artifactType?: string;
}
