/** Receives a layer's blob, or resumes an earlier download. */

import { join } from "@std/path";
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import {
  BlobMismatchError,
  InvalidLayerError,
  NoSpaceError,
  RegistryError,
} from "../../errors/image_errors.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";
import type { LayerPipeline, ReceiveLayerOptions } from "./layer_pipeline.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";

/** A layer that an image needs. */
export interface NeededLayer {
  /** Its ID in the store, which depends on the layers below it. */
  readonly id: LayerId;
  readonly parent: LayerId | undefined;
  readonly blob: Descriptor;
  readonly diffId: Digest;
}

/** The context of a pull. */
export interface ReceiveContext extends Abortable {
  readonly pipeline: LayerPipeline;
  /**
   * Whether blobs are downloaded: otherwise partial blobs belong to other pulls.
   */
  readonly isDownload: boolean;
  /** The directory of partial blobs, kept when a pull is interrupted. */
  readonly downloads: string;
  /** What to do with a partial blob. */
  readonly received?: "use" | "forget" | undefined;
  readonly limits: UnpackLimits;
  /** How to retry. */
  readonly retry?: RetryRules | undefined;
  readonly onEvent: OnPullEvent;
}

/** The directory of a layer, and the next use of its blob. */
export interface ReceiveOptions {
  /** Made, or emptied. */
  readonly directory: string;
  /** The next layer with the same blob, which need not be fetched again. */
  readonly sameBlob: NeededLayer | undefined;
}

// Responses of servers that do not support the requested range.
const REFUSED_RANGE = [206, 400, 416, 501];

/**
 * Fetches, unpacks and verifies a layer. If the received bytes are wrong, they are
 * deleted, and all is fetched once more: the transfer may have corrupted them. The
 * blob is kept for its next use, or until it is not needed any more.
 *
 * @throws {BlobMismatchError} If a digest or size is not as promised.
 * @throws {InvalidLayerError} If the layer is damaged or hostile.
 */
export async function receiveLayer(
  context: ReceiveContext,
  needed: NeededLayer,
  { directory, sameBlob }: ReceiveOptions,
): Promise<{ readonly unpacked: UnpackedLayer; readonly directory: string }> {
  const { downloads, onEvent } = context;
  const { digest } = needed.blob;
  const partial = context.isDownload ? join(downloads, needed.id) : undefined;
  if (partial !== undefined && context.received === "forget") {
    rmSync(partial, { force: true });
  }
  for (let isLast = false;; isLast = true) {
    let isInPieces = partial !== undefined && existsSync(partial);
    try {
      // A terminated worker may still be writing to the first directory.
      const place = isLast ? `${directory}-again` : directory;
      const unpacked = await run(context, needed, {
        directory: place,
        partial,
        // The parts may have been wrong.
        connections: isLast ? "one" : "several",
        onParts: () => isInPieces = true,
        onRetry(reason) {
          isInPieces = true;
          onEvent({ kind: "retry", digest, reason });
        },
      });
      verify(unpacked, needed);
      if (partial !== undefined && sameBlob !== undefined) {
        renameSync(partial, join(downloads, sameBlob.id));
      }
      return { unpacked, directory: place };
    } catch (error) {
      // Otherwise another layer has failed, or the user has aborted.
      const isOwn = error !== context.signal?.reason;
      if (partial !== undefined) {
        keepIfUseful(partial, isOwn ? error : undefined);
      }
      if (!isOwn) throw error;
      const mayRetry = partial !== undefined && !isLast &&
        (isInPieces || context.retry?.tries !== 1);
      if (!mayRetry || !isWrongContent(error)) throw error;
      const reason = isInPieces
        ? "what was received earlier does not fit"
        : "what was received is damaged";
      onEvent({ kind: "retry", digest, reason });
    }
  }
}

async function run(
  { pipeline, limits, onEvent, signal }: ReceiveContext,
  { blob }: NeededLayer,
  place: Pick<
    ReceiveLayerOptions,
    "directory" | "partial" | "connections" | "onParts" | "onRetry"
  >,
): Promise<UnpackedLayer> {
  const { digest, size } = blob;
  return await pipeline.run(blob, {
    ...{ ...place, limits, signal },
    prepare: () => emptyDirectory(place.directory),
    onProgress: (received) =>
      onEvent({ kind: "download", digest, received, size }),
  });
}

function emptyDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
}

function verify(
  { compressedDigest, compressedSize, diffId }: UnpackedLayer,
  needed: NeededLayer,
): void {
  const { digest, size } = needed.blob;
  if (compressedDigest !== digest || compressedSize !== size) {
    throw new BlobMismatchError(
      `Cannot pull layer "${digest}": digest is ${compressedDigest} after ` +
        `${compressedSize} of ${size} bytes`,
    );
  }
  if (diffId === needed.diffId) return;
  throw new BlobMismatchError(
    `Cannot store layer "${digest}": uncompressed digest is ${diffId}, ` +
      `the config says ${needed.diffId}`,
  );
}

/**
 * Keeps a partial blob for the next pull, unless it is wrong, or the disk is full.
 */
function keepIfUseful(partial: string, error: unknown): void {
  const isUseful = !isWrongContent(error) && !(error instanceof NoSpaceError) &&
    (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (!isUseful) rmSync(partial, { force: true });
}

/** Whether the content was wrong, or parts did not fit together. */
function isWrongContent(error: unknown): boolean {
  return error instanceof BlobMismatchError ||
    error instanceof InvalidLayerError ||
    (error instanceof RegistryError && REFUSED_RANGE.includes(error.status));
}
