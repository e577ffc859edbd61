/** Media types of images: OCI image-spec, media-types.md; Docker schema 2. */

import { InvalidManifestError } from "../image_errors.ts";
import type { Compression } from "./decompress.ts";

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
/** Media type of a gzip'd OCI layer. */
export const OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

/** What orlop asks registries for, best first. */
export const ACCEPTED_MANIFESTS: readonly string[] = [
  OCI_MANIFEST,
  DOCKER_MANIFEST,
  OCI_INDEX,
  DOCKER_LIST,
];

const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ["application/vnd.oci.image.layer.v1.tar", "none"],
  [OCI_LAYER_GZIP, "gzip"],
  ["application/vnd.oci.image.layer.v1.tar+zstd", "zstd"],
  // In no specification, but other tools make them and take them.
  ["application/vnd.oci.image.layer.v1.tar+xz", "xz"],
  ["application/vnd.oci.image.layer.v1.tar+bzip2", "bzip2"],
  ["application/vnd.docker.image.rootfs.diff.tar", "none"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"],
  ["application/vnd.docker.image.rootfs.diff.tar.xz", "xz"],
  ["application/vnd.docker.image.rootfs.diff.tar.bzip2", "bzip2"],
]);

/**
 * How a layer of a media type is packed.
 *
 * @throws {InvalidManifestError} If it is no layer that orlop can unpack.
 */
export function compressionOf(mediaType: string): Compression {
  const compression = COMPRESSIONS.get(mediaType);
  if (compression !== undefined) return compression;
  throw new InvalidManifestError(
    `Cannot unpack layer of type "${mediaType}": ${whyNot(mediaType)}`,
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

/** Whether a media type is that of an image config. */
export function isConfigType(mediaType: string): boolean {
  return mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
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

function whyNot(mediaType: string): string {
  if (mediaType.endsWith("+encrypted")) {
    return "the layer is encrypted, which is not supported";
  }
  if (/\.(nondistributable|foreign)\./.test(mediaType)) {
    return "foreign layers (Windows base images) are not supported";
  }
  return "this media type is not supported";
}
