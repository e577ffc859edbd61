/** Copies an image in a format that the medium accepts. */

import type { Abortable } from "../../errors/abort.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { ImageMedium } from "../../formats/oci/image_medium.ts";
import { parseManifest } from "../../formats/oci/manifest.ts";
import {
  formatOf,
  type ManifestFormat,
} from "../../formats/oci/rewrite_manifest.ts";
import { isManifestRefused } from "../../registry/upload/push_manifest.ts";
import {
  type MediumSinkOptions,
  openMediumSink,
} from "../media/medium_sink.ts";
import { copyImage, type CopyImageOptions } from "../transfer/copy_image.ts";

/**
 * Copies an image. Some registries accept no OCI manifests, others only these, and
 * refuse them after all blobs were sent. Then the other format is tried, unless the
 * user asked for one format, or for preserved digests.
 *
 * @returns The manifest that was written.
 */
export async function copyInAnyFormat(
  { source, medium }: {
    readonly source: ImageSource;
    readonly medium: ImageMedium;
  },
  options: MediumSinkOptions & CopyImageOptions,
): Promise<Descriptor> {
  const copy = (more: Pick<MediumSinkOptions, "format"> = {}) =>
    copyImage(source, openMediumSink(medium, { ...options, ...more }), options);
  try {
    return await copy();
  } catch (error) {
    if (!isManifestRefused(error)) throw error;
    const format = await otherFormat(source, options);
    if (format === undefined) throw error;
    options.onWarning?.(
      `the registry does not take this manifest, trying format ${format}`,
    );
    try {
      return await copy({ format });
    } catch (second) {
      // The error for the original format is more useful.
      throw isManifestRefused(second) ? error : second;
    }
  }
}

/** Undefined if no other format is allowed. */
async function otherFormat(
  source: ImageSource,
  { format, packing, preserveDigests, signal }: MediumSinkOptions & Abortable,
): Promise<ManifestFormat | undefined> {
  const isFixed = format !== undefined || preserveDigests === true ||
    packing?.format === "zstd";
  if (isFixed) return undefined;
  const raw = await source.fetchManifest(undefined, { signal });
  const { mediaType } = parseManifest(raw);
  return formatOf(mediaType) === "oci" ? "v2s2" : "oci";
}
