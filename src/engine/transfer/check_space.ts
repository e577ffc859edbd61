/** Checks the free space for an image before the pull. */

import { join } from "@std/path";
import { statfsSync, statSync } from "node:fs";
import { NoSpaceError } from "../../errors/image_errors.ts";
import { formatSize } from "../../formats/config/byte_size.ts";
import type { ImageBlobs } from "../../formats/oci/blob_source.ts";
import { compressionOfLayer } from "../../formats/oci/media_types.ts";
import { sum } from "../../formats/sum.ts";
import { downloadsDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import type { NeededLayer } from "./receive_layer.ts";

// Measured on Debian images: gzip makes a layer 2.1 times smaller, zstd 2.6.
const UNPACKED_RATIO = 2.6;

/**
 * Refuses layers that probably do not fit on the disk.
 *
 * @throws {NoSpaceError} If they need more than is free.
 */
export function checkSpace(
  { store }: Agent,
  needed: readonly NeededLayer[],
  { files }: Pick<ImageBlobs, "files">,
): void {
  const { paths } = store;
  const downloads = files === undefined ? downloadsDirectory(paths) : undefined;
  const estimate = estimateSpace(needed, { downloads });
  if (estimate === 0) return;
  const { bavail, bsize } = statfsSync(paths.home);
  const free = bavail * bsize;
  if (estimate <= free) return;
  throw new NoSpaceError(
    `Cannot pull to "${paths.root}": about ${formatSize(estimate)} are ` +
      `needed, ${formatSize(free)} are free; remove images, or try anyway ` +
      "with --ignore-space",
  );
}

/**
 * Estimates the space that layers will need, in bytes: unpacked, and their blobs,
 * which are removed only at the end.
 *
 * @param options Where blobs are downloaded to, if they are; with partial blobs of
 *   earlier pulls.
 */
export function estimateSpace(
  needed: readonly NeededLayer[],
  { downloads }: { readonly downloads: string | undefined },
): number {
  return sum(needed.map(({ id, blob, diffId }) => {
    const isPlain = compressionOfLayer(blob, diffId) === "none";
    const unpacked = blob.size * (isPlain ? 1 : UNPACKED_RATIO);
    if (downloads === undefined) return unpacked;
    const left = blob.size - sizeOf(join(downloads, id));
    return unpacked + Math.max(left, 0);
  }));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
