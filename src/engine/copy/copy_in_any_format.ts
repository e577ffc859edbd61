/** Copies an image in the format that a medium takes after all. */

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
 * Copies an image. Some registries take no manifests of OCI, others only these.
 * Blobs are there when they say so: unless the user wants one format, or digests to
 * be kept, the other one is tried.
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
      // What it said of the image as it is tells more.
      throw isManifestRefused(second) ? error : second;
    }
  }
}

/** Undefined if the format is not to be another one. */
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
