/** Whether there is room for an image: better known before than in the middle. */

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
 * Refuses layers that the disk seems too small for.
 *
 * @throws {NoSpaceError} If they take more than is free.
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
 * Estimates what layers will take besides what is there, in bytes: unpacked, and
 * their blobs, which go only when all is whole.
 *
 * @param options Where blobs are downloaded to, if they are; earlier pulls may
 *   have left what they got of them.
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
