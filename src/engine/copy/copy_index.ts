/** Copies all images of an index, and then the index itself. */

import { InvalidManifestError } from "../../errors/image_errors.ts";
import type {
  ImageSource,
  RawManifest,
} from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { ImageMedium } from "../../formats/oci/image_medium.ts";
import { type ImageIndex, parseManifest } from "../../formats/oci/manifest.ts";
import { listBlobs } from "../../formats/oci/list_blobs.ts";
import { isIndexType, OCI_MANIFEST } from "../../formats/oci/media_types.ts";
import { formatOf, rewriteIndex } from "../../formats/oci/rewrite_manifest.ts";
import { streamBlob } from "../media/blob_streams.ts";
import {
  type MediumSinkOptions,
  openMediumSink,
} from "../media/medium_sink.ts";
import { takesManifest } from "../media/plan_copy.ts";
import { copyImage, type CopyImageOptions } from "../transfer/copy_image.ts";

/** How to copy an index. */
export interface CopyIndexOptions extends MediumSinkOptions, CopyImageOptions {
  /**
   * `"index-only"` expects the images to be there already.
   *
   * @default {"all"}
   */
  readonly multiArch?: "all" | "index-only" | undefined;
}

// Deeper nesting is not used in practice.
const MAX_DEPTH = 2;

/**
 * Copies an image, or an index with all of its images. The index is written again
 * only if one of their digests has changed.
 *
 * @returns Its descriptor in the medium.
 * @throws {InvalidManifestError} If the medium takes no indexes.
 */
export async function copyIndex(
  source: ImageSource,
  medium: ImageMedium,
  options: CopyIndexOptions = {},
): Promise<Descriptor> {
  const raw = await source.fetchManifest(undefined, options);
  return await copyManifest({ source, medium, raw, depth: 0 }, options);
}

interface ManifestMove {
  readonly source: ImageSource;
  readonly medium: ImageMedium;
  readonly raw: RawManifest;
  readonly depth: number;
}

async function copyManifest(
  move: ManifestMove,
  options: CopyIndexOptions,
): Promise<Descriptor> {
  const { source, medium, raw, depth } = move;
  const blobs = listBlobs(raw.bytes);
  if (blobs !== undefined) return await copyArtifact(move, blobs, options);
  const parsed = parseManifest(raw);
  if (parsed.kind === "index") {
    if (depth < MAX_DEPTH) return await copyEntries(move, parsed, options);
    throw new InvalidManifestError(
      `Cannot read index "${raw.digest}": nested deeper than ${MAX_DEPTH}`,
    );
  }
  const { digest } = raw;
  const only: ImageSource = {
    ...source,
    open: source.open.bind(source),
    fetchManifest: (asked, abortable) =>
      source.fetchManifest(asked ?? digest, abortable),
  };
  return await copyImage(only, openMediumSink(medium, options), {
    ...options,
    otherPlatform: "accept",
  });
}

async function copyEntries(
  move: ManifestMove,
  index: ImageIndex,
  options: CopyIndexOptions,
): Promise<Descriptor> {
  const { medium, raw } = move;
  const old = formatOf(index.mediaType);
  const format = options.format ?? chooseFormat(index, medium);
  // Existing images are not changed.
  const manifests = options.multiArch === "index-only"
    ? index.manifests
    : await copyChildren(move, index, options);
  const isSame = format === old &&
    manifests.every(({ digest }, position) =>
      digest === index.manifests[position]?.digest
    );
  const { bytes, digest } = raw;
  const { mediaType } = index;
  const written = isSame
    ? { bytes, digest, mediaType }
    : rewriteIndex({ ...raw, format: old }, { format, manifests });
  const { isNamed = true, names, signal } = options;
  await medium.putManifest(written, { isNamed, names, signal });
  return describeManifest(written);
}

async function copyChildren(
  { source, medium, depth }: ManifestMove,
  { manifests }: ImageIndex,
  options: CopyIndexOptions,
): Promise<readonly Descriptor[]> {
  const copied: Descriptor[] = [];
  for (const { digest } of manifests) {
    options.signal?.throwIfAborted();
    const raw = await source.fetchManifest(digest, options);
    copied.push(
      await copyManifest(
        { source, medium, raw, depth: depth + 1 },
        { ...options, isNamed: false, names: undefined },
      ),
    );
  }
  return copied;
}

function chooseFormat(
  { mediaType, digest }: ImageIndex,
  medium: ImageMedium,
): ReturnType<typeof formatOf> {
  if (takesManifest(medium, mediaType)) return formatOf(mediaType);
  const other = medium.manifestTypes.find(isIndexType);
  if (other !== undefined) return formatOf(other);
  throw new InvalidManifestError(
    `Cannot write index "${digest}": the destination accepts single images ` +
      "only",
  );
}

/** Copies an artifact that is not an image, without parsing it. */
async function copyArtifact(
  { source, medium, raw }: ManifestMove,
  blobs: readonly Descriptor[],
  { retry, isNamed = true, names, signal }: CopyIndexOptions,
): Promise<Descriptor> {
  for (const blob of blobs) {
    if (await medium.has(blob, { signal })) continue;
    const open = (offset = 0) =>
      Promise.resolve(streamBlob(source, blob, { offset, retry, signal }));
    await medium.put({ ...blob, kind: "layer", open }, { signal });
  }
  const { bytes, digest } = raw;
  const written = { bytes, digest, mediaType: OCI_MANIFEST };
  await medium.putManifest(written, { isNamed, names, signal });
  return describeManifest(written);
}

function describeManifest(
  { mediaType, digest, bytes }: RawManifest,
): Descriptor {
  return { mediaType, digest, size: bytes.byteLength };
}
