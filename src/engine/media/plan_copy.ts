/** Decides what is converted when an image is written to a medium. */

import { ChangedDigestError } from "../../errors/image_errors.ts";
import type { PackOptions } from "../../formats/compression/compress.ts";
import type { ImageBlobs } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type { ImageMedium } from "../../formats/oci/image_medium.ts";
import type { ResolvedImage } from "../../formats/oci/image_sink.ts";
import {
  compressionOfLayer,
  isManifestType,
} from "../../formats/oci/media_types.ts";
import {
  formatOf,
  type ManifestFormat,
  manifestTypeOf,
} from "../../formats/oci/rewrite_manifest.ts";

/** The form of an image in a medium; omitted members are decided by the medium. */
export interface CopyForm {
  /**
   * The format of its manifest.
   *
   * @default {the image's, else one that the medium accepts}
   */
  readonly format?: ManifestFormat | undefined;
  /**
   * The form of its layers, instead of the medium's.
   *
   * @default {the medium's}
   */
  readonly layers?: ImageMedium["layers"] | undefined;
  /**
   * Compression of layers. A format also recompresses layers with another one.
   *
   * @default {compressed layers are kept}
   */
  readonly packing?: Partial<PackOptions> | undefined;
  /**
   * Whether to fail if a digest would change.
   *
   * @default {false}
   */
  readonly preserveDigests?: boolean | undefined;
}

/** What to do with a layer. */
export type LayerPlan =
  /** It is copied unchanged. */
  | { readonly kind: "keep"; readonly blob: Descriptor }
  /** It is written uncompressed, under its diff ID. */
  | LayerBytes & { readonly kind: "unpack" }
  /** It is compressed. */
  | LayerBytes & { readonly kind: "pack"; readonly packing: PackOptions };

/** The bytes of a layer. */
export interface LayerBytes {
  /** As its manifest lists it. */
  readonly original: Descriptor;
  /** Whether the medium's copy of it can be reused. */
  readonly isReusable: boolean;
  /** The uncompressed tar, if the source has it in this form. */
  readonly plain: Descriptor | undefined;
  /** Of the plain tar. */
  readonly diffId: Digest;
}

/** What to do with an image. */
export interface CopyPlan {
  readonly format: ManifestFormat;
  /** From the base up. */
  readonly layers: readonly LayerPlan[];
}

/**
 * Plans how to write an image to a medium.
 *
 * @throws {ChangedDigestError} If that changes digests which are to be kept.
 */
export function planCopy(
  image: Pick<ResolvedImage, "manifest" | "config">,
  { plainLayers }: Pick<ImageBlobs, "plainLayers">,
  medium: Pick<ImageMedium, "manifestTypes" | "layers">,
  form: CopyForm = {},
): CopyPlan {
  const { manifest, config } = image;
  const format = chooseFormat(manifest.mediaType, medium, form);
  if (form.preserveDigests && format !== formatOf(manifest.mediaType)) {
    throw new ChangedDigestError(
      `Cannot keep digest "${manifest.digest}": the manifest has to be ` +
        `converted to format ${format}`,
    );
  }
  const wanted = form.layers ?? medium.layers;
  return {
    format,
    layers: manifest.layers.map((original, index) => {
      const plain = plainLayers?.[index];
      const diffId = config.rootfs.diff_ids[index] ?? original.digest;
      const layer = { original, plain, diffId };
      return planLayer(layer, wanted, { ...form, format });
    }),
  };
}

function planLayer(
  layer: Omit<LayerBytes, "isReusable">,
  wanted: ImageMedium["layers"],
  { format, packing = {}, preserveDigests }:
    & CopyForm
    & Pick<CopyPlan, "format">,
): LayerPlan {
  const { original, plain, diffId } = layer;
  const found = compressionOfLayer(original, diffId);
  const isAtHand = plain === undefined || plain.digest === original.digest;
  const isPackedRight = packing.format === undefined
    ? fits(format, found)
    : packing.format === found;
  const isRight = wanted === "uncompressed"
    ? found === "none"
    : isPackedRight && (wanted === "any" || found !== "none");
  const isReusable = isRight || preserveDigests === true;
  if (isReusable && isAtHand) return { kind: "keep", blob: original };
  const isPlainWanted = packing.format === undefined &&
    (wanted === "uncompressed" || (wanted === "any" && !isAtHand));
  if (isPlainWanted) return { kind: "unpack", ...layer, isReusable };
  const packed = { ...packing, format: packing.format ?? "gzip" };
  return { kind: "pack", ...layer, isReusable, packing: packed };
}

/** Docker's manifests support only gzip; those of OCI also zstd. */
function fits(format: ManifestFormat, compression: string): boolean {
  return compression === "gzip" || compression === "none" ||
    (compression === "zstd" && format === "oci");
}

/** Whether a medium accepts manifests or indexes of a type. */
export function takesManifest(
  { manifestTypes }: Pick<ImageMedium, "manifestTypes">,
  mediaType: string,
): boolean {
  return manifestTypes.length === 0 || manifestTypes.includes(mediaType);
}

function chooseFormat(
  mediaType: string,
  medium: Pick<ImageMedium, "manifestTypes">,
  { format, packing }: CopyForm,
): ManifestFormat {
  if (format !== undefined) return format;
  // Docker's manifests have no type for it.
  const isZstd = packing?.format === "zstd";
  if (isZstd && takesManifest(medium, manifestTypeOf("oci"))) return "oci";
  if (takesManifest(medium, mediaType)) return formatOf(mediaType);
  return formatOf(medium.manifestTypes.find(isManifestType) ?? mediaType);
}
