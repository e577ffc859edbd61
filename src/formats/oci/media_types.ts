/** Media types of images: OCI image-spec, media-types.md; Docker schema 2. */

import { InvalidManifestError } from "../../errors/image_errors.ts";
import type { Compression } from "../compression/decompress.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";

/** Media type of an OCI image manifest. */
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
/** Media type of an OCI image index. */
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
/** Media type of a Docker schema 2 manifest. */
export const DOCKER_MANIFEST =
  "application/vnd.docker.distribution.manifest.v2+json";
/** Media type of a Docker manifest list. */
export const DOCKER_LIST =
  "application/vnd.docker.distribution.manifest.list.v2+json";
/** Media type of an OCI image config. */
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
/** Media type of a Docker image config. */
export const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
/** Media type of an OCI layer that is a plain tar. */
export const OCI_LAYER_TAR = "application/vnd.oci.image.layer.v1.tar";
/** Media type of a gzip'd OCI layer. */
export const OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
/** Media type of a Docker layer: gzip'd, unless it comes from an archive. */
export const DOCKER_LAYER_GZIP =
  "application/vnd.docker.image.rootfs.diff.tar.gzip";

/** What orlop asks registries for, best first. */
export const ACCEPTED_MANIFESTS: readonly string[] = [
  OCI_MANIFEST,
  DOCKER_MANIFEST,
  OCI_INDEX,
  DOCKER_LIST,
];

const COMPRESSIONS: readonly Compression[] = ["gzip", "zstd", "xz", "bzip2"];

/**
 * How a layer of a media type is packed, as far as that says. Many types are in the
 * world, those of layers that need not be distributed among them; a layer's first
 * bytes tell what it is, and its diff ID whether it is what it should be.
 *
 * @throws {InvalidManifestError} If it is no layer that orlop can unpack.
 */
export function compressionOf(mediaType: string): Compression {
  if (mediaType.endsWith("+encrypted")) {
    throw unsupported(mediaType, "the layer is encrypted");
  }
  if (mediaType.endsWith(".tar")) return "none";
  const [, suffix] = /\.tar[.+]([a-z0-9]+)$/.exec(mediaType) ?? [];
  if (suffix === undefined) return "gzip";
  const compression = COMPRESSIONS.find((known) => known === suffix);
  if (compression !== undefined) return compression;
  throw unsupported(mediaType, `it is packed by ${suffix}`);
}

/**
 * How a layer is packed, as far as its descriptor says: Docker's archives call plain
 * ones compressed, too.
 *
 * @throws {InvalidManifestError} As {@linkcode compressionOf} does.
 */
export function compressionOfLayer(
  { digest, mediaType }: Pick<Descriptor, "digest" | "mediaType">,
  diffId: Digest,
): Compression {
  return digest === diffId ? "none" : compressionOf(mediaType);
}

function unsupported(mediaType: string, why: string): InvalidManifestError {
  return new InvalidManifestError(
    `Cannot unpack layer of type "${mediaType}": ${why}, which is not supported`,
  );
}

/** Whether a media type is that of an OCI or a Docker manifest. */
export function isManifestType(mediaType: string): boolean {
  return mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
}

/** Whether a media type is that of an OCI index or a Docker list. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

/** Whether a media type is that of an obsolete Docker schema 1 manifest. */
export function isSchema1Type(mediaType: string): boolean {
  return mediaType.startsWith(
    "application/vnd.docker.distribution.manifest.v1+",
  );
}

/** The media type in a Content-Type header, without its parameters. */
export function mediaTypeOf(contentType: string | null): string {
  const [mediaType = ""] = (contentType ?? "").split(";");
  return mediaType.trim().toLowerCase();
}
