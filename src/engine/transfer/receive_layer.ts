/** Receives a layer's blob: in one piece, or going on with an earlier one. */

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

/** What receiving works with. */
export interface ReceiveContext extends Abortable {
  readonly pipeline: LayerPipeline;
  /** Whether blobs are downloaded: else what is there belongs to other pulls. */
  readonly isDownload: boolean;
  /** Keeps what was received of a layer when a pull is interrupted. */
  readonly downloads: string;
  /** What to do with what is there already. */
  readonly received?: "use" | "forget" | undefined;
  readonly limits: UnpackLimits;
  /** How patiently to try. */
  readonly retry?: RetryRules | undefined;
  readonly onEvent: OnPullEvent;
}

/** Where a layer goes, and who else wants it. */
export interface ReceiveOptions {
  /** Made, or emptied. */
  readonly directory: string;
  /** The next layer of the same blob: it need not be fetched again. */
  readonly twin: NeededLayer | undefined;
}

// Wrong ranges, and what servers say to them, or to the header as such.
const REFUSED_RANGE = [206, 400, 416, 501];

/**
 * Fetches, unpacks and verifies a layer. What was received and does not fit is
 * thrown away, and all of it is fetched again, once: the transfer may have spoilt
 * it. The blob stays, for its twin or until it is of no more use.
 *
 * @throws {BlobMismatchError} If a digest or size is not as promised.
 * @throws {InvalidLayerError} If the layer is damaged or hostile.
 */
export async function receiveLayer(
  context: ReceiveContext,
  needed: NeededLayer,
  { directory, twin }: ReceiveOptions,
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
      // A worker that had to be ended may still be writing to the other one.
      const place = isLast ? `${directory}-again` : directory;
      const unpacked = await run(context, needed, {
        directory: place,
        partial,
        // Parts may be what was wrong.
        connections: isLast ? "one" : "several",
        onParts: () => isInPieces = true,
        onRetry(reason) {
          isInPieces = true;
          onEvent({ kind: "retry", digest, reason });
        },
      });
      verify(unpacked, needed);
      if (partial !== undefined && twin !== undefined) {
        renameSync(partial, join(downloads, twin.id));
      }
      return { unpacked, directory: place };
    } catch (error) {
      // Or it is another layer that has failed, or the user who has had enough.
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

/** For the next pull; unless it is wrong, or takes up the room that lacks. */
function keepIfUseful(partial: string, error: unknown): void {
  const isUseful = !isWrongContent(error) && !(error instanceof NoSpaceError) &&
    (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (!isUseful) rmSync(partial, { force: true });
}

/** Whether bytes are wrong, or pieces cannot be put together. */
function isWrongContent(error: unknown): boolean {
  return error instanceof BlobMismatchError ||
    error instanceof InvalidLayerError ||
    (error instanceof RegistryError && REFUSED_RANGE.includes(error.status));
}
