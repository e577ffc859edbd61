/** What stays as it is when an image goes into a medium, and what is converted. */

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

/** How an image is to be in a medium; omitted members are decided by the medium. */
export interface CopyForm {
  /**
   * Of its manifest.
   *
   * @default {the image's, else one that the medium takes}
   */
  readonly format?: ManifestFormat | undefined;
  /**
   * Of its layers, instead of what the medium says.
   *
   * @default {what the medium says}
   */
  readonly layers?: ImageMedium["layers"] | undefined;
  /**
   * A format also packs again what is packed otherwise.
   *
   * @default {what is packed stays so}
   */
  readonly packing?: Partial<PackOptions> | undefined;
  /**
   * Whether to fail where a digest would change.
   *
   * @default {false}
   */
  readonly preserveDigests?: boolean | undefined;
}

/** What is to be done with a layer. */
export type LayerPlan =
  /** Its bytes go as they are. */
  | { readonly kind: "keep"; readonly blob: Descriptor }
  /** Its tar is written, and known by its diff ID. */
  | LayerBytes & { readonly kind: "unpack" }
  /** It is compressed. */
  | LayerBytes & { readonly kind: "pack"; readonly packing: PackOptions };

/** Where the bytes of a layer are. */
export interface LayerBytes {
  /** As its manifest lists it. */
  readonly original: Descriptor;
  /** Whether nothing is converted if the medium has that. */
  readonly isReusable: boolean;
  /** The plain tar, if it is that what the source has. */
  readonly plain: Descriptor | undefined;
  /** Of the plain tar. */
  readonly diffId: Digest;
}

/** What is to be done with an image. */
export interface CopyPlan {
  readonly format: ManifestFormat;
  /** From the base up. */
  readonly layers: readonly LayerPlan[];
}

/**
 * Plans how an image goes into a medium.
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

/** Docker's manifests know no other; those of OCI know zstd, too. */
function fits(format: ManifestFormat, compression: string): boolean {
  return compression === "gzip" || compression === "none" ||
    (compression === "zstd" && format === "oci");
}

/** Whether a medium takes manifests, or indexes, of a type. */
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
