/** Converts images to another manifest format, or to other layers. */

import type { Bytes } from "../../formats/bytes.ts";
import type { RawManifest } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import { parseImageConfig } from "../../formats/oci/image_config.ts";
import type { ResolvedImage } from "../../formats/oci/image_sink.ts";
import { toOciConfig } from "../../formats/oci/rewrite_config.ts";
import {
  configTypeOf,
  formatOf,
  layerTypeOf,
  type ManifestContent,
  type ManifestFormat,
  rewriteManifest,
} from "../../formats/oci/rewrite_manifest.ts";

/** A config, and its descriptor. */
export interface ConvertedConfig {
  readonly blob: Descriptor;
  readonly bytes: Bytes;
}

/**
 * Converts the manifest and the config of an image; its layers stay.
 *
 * @throws {InvalidManifestError} If the format has no type for one of them.
 */
export function convertImage(
  image: ResolvedImage,
  format: ManifestFormat,
): ResolvedImage {
  const { manifest } = image;
  if (formatOf(manifest.mediaType) === format) return image;
  const { blob: config, bytes } = convertConfig(image, format);
  const layers = manifest.layers.map((layer) => retype(layer, format));
  const raw = rewriteIfChanged(image, { format, config, layers });
  const { mediaType, digest } = raw;
  return {
    indexes: [], // no index refers to the new manifest
    raw,
    manifest: { ...manifest, mediaType, digest, config, layers },
    configBytes: bytes,
    config: parseImageConfig(bytes, `config "${config.digest}"`),
  };
}

/** The same blob with the media type of a format. */
export function retype(blob: Descriptor, format: ManifestFormat): Descriptor {
  const isDocker = blob.mediaType.startsWith("application/vnd.docker.");
  if (isDocker === (format === "v2s2")) return blob;
  return { ...blob, mediaType: layerTypeOf(format, blob.mediaType) };
}

/** Converts the config of an image: one for Docker is one for OCI, not vice versa. */
export function convertConfig(
  { manifest: { mediaType, config }, configBytes }: ResolvedImage,
  format: ManifestFormat,
): ConvertedConfig {
  if (formatOf(mediaType) === format) {
    return { blob: config, bytes: configBytes };
  }
  const bytes = format === "oci" ? toOciConfig(configBytes) : configBytes;
  const blob = {
    mediaType: configTypeOf(format),
    digest: digestOf(bytes),
    size: bytes.byteLength,
  };
  return { blob, bytes };
}

/** Keeps the bytes of a document unless something in it changes. */
export function rewriteIfChanged(
  { raw, manifest }: ResolvedImage,
  content: ManifestContent,
): RawManifest {
  const { format, layers, config } = content;
  const old = formatOf(manifest.mediaType);
  const isSame = format === old &&
    config.digest === manifest.config.digest &&
    layers.every((layer, index) => isEqual(layer, manifest.layers[index]));
  const { mediaType } = manifest;
  const { bytes, digest } = raw;
  if (isSame) return { bytes, digest, mediaType };
  return rewriteManifest({ ...raw, format: old }, content);
}

function isEqual(a: Descriptor, b: Descriptor | undefined): boolean {
  return a.digest === b?.digest && a.mediaType === b.mediaType;
}
