/** Writes one layer to a medium, as planned. */

import { ChangedDigestError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { BlobSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { ImageMedium } from "../../formats/oci/image_medium.ts";
import {
  layerTypeOf,
  type ManifestFormat,
} from "../../formats/oci/rewrite_manifest.ts";
import {
  feedBlob,
  streamBlob,
  type StreamBlobOptions,
  unpackStream,
  verifyStream,
} from "./blob_streams.ts";
import { retype } from "./convert_image.ts";
import { type Feed, packStream } from "./pack_stream.ts";
import type { Packers } from "./packers.ts";
import type { LayerBytes, LayerPlan } from "./plan_copy.ts";

/** The source and destination of a layer. */
export interface LayerMove {
  readonly source: BlobSource;
  readonly medium: ImageMedium;
  /** The format of the manifest that will list it. */
  readonly format: ManifestFormat;
  /** Whether to fail if a digest would change. */
  readonly preserveDigests: boolean;
  readonly packers: Packers;
}

/**
 * Writes a layer to a medium, unless it is there.
 *
 * @returns Its descriptor for the new manifest.
 * @throws {BlobMismatchError} If its bytes are not as promised.
 * @throws {ChangedDigestError} If its digest is to be preserved, but would change.
 */
export async function putLayer(
  plan: LayerPlan,
  move: LayerMove,
  options: Omit<StreamBlobOptions, "offset">,
): Promise<Descriptor> {
  if (plan.kind === "keep") return await keep(plan.blob, move, options);
  const { original, isReusable } = plan;
  if (isReusable) {
    const listed = retype(original, move.format);
    if (await move.medium.has(listed, options)) return listed;
  }
  if (move.preserveDigests) {
    throw new ChangedDigestError(
      `Cannot keep digest "${original.digest}" of a layer: only its ` +
        "uncompressed content is available, and the destination lacks it",
    );
  }
  switch (plan.kind) {
    case "unpack":
      return await unpack(plan, move, options);
    case "pack": {
      const mediaType = layerTypeOf(
        move.format,
        original.mediaType,
        plan.packing.format,
      );
      const open = (offset = 0) => {
        refuseOffset(offset);
        const feed = feedPlain(plan, move, options);
        return Promise.resolve(packStream(feed, move.packers, plan.packing));
      };
      const blob = { kind: "layer", mediaType, open } as const;
      return describe(plan, mediaType, await move.medium.put(blob, options));
    }
  }
}

async function keep(
  blob: Descriptor,
  { source, medium, format }: LayerMove,
  options: StreamBlobOptions,
): Promise<Descriptor> {
  const listed = retype(blob, format);
  if (await medium.has(listed, options)) return listed;
  const open = (offset = 0) =>
    Promise.resolve(streamBlob(source, blob, { ...options, offset }));
  await medium.put({ ...listed, kind: "layer", open }, options);
  return listed;
}

async function unpack(
  layer: LayerBytes,
  move: LayerMove,
  options: StreamBlobOptions,
): Promise<Descriptor> {
  const { original, plain, diffId } = layer;
  const mediaType = layerTypeOf(move.format, original.mediaType, "none");
  if (plain !== undefined) {
    const { digest, size } = plain;
    const listed = describe(layer, mediaType, { digest, size });
    return await keep(listed, move, options);
  }
  const open = (offset = 0) => {
    refuseOffset(offset);
    return Promise.resolve(openPlain(layer, move, options));
  };
  const blob = { kind: "layer", mediaType, digest: diffId, open } as const;
  return describe(layer, mediaType, await move.medium.put(blob, options));
}

/**
 * The uncompressed tar of a layer, verified by its digests, compressed and
 * uncompressed.
 */
function openPlain(
  { original, diffId }: LayerBytes,
  { source }: LayerMove,
  options: StreamBlobOptions,
): ReadableStream<Bytes> {
  const what = `Cannot copy layer "${original.digest}"`;
  const packed = streamBlob(source, original, options)
    .pipeThrough(verifyStream(original.digest, what));
  return unpackStream(packed).pipeThrough(verifyStream(diffId, what));
}

/** The same, as a feed for compression. */
function feedPlain(
  layer: LayerBytes,
  move: LayerMove,
  options: StreamBlobOptions,
): Feed {
  const { original, plain } = layer;
  const what = `Cannot copy layer "${original.digest}"`;
  if (plain !== undefined) {
    return (consume) =>
      feedBlob(move.source, plain, { ...options, what, consume });
  }
  return async (consume) => {
    for await (const chunk of openPlain(layer, move, options)) {
      await consume(chunk);
    }
  };
}

/** The state of a compressor cannot be restored at an offset. */
function refuseOffset(offset: number): void {
  if (offset === 0) return;
  throw new RangeError("a blob that is converted begins at 0");
}

// Annotations with positions in the compressed layer: invalid after recompression.
const STALE =
  /^(io\.github\.containers\.zstd-chunked\.|containerd\.io\/snapshot\/)/;

function describe(
  { original: { annotations = {} } }: LayerBytes,
  mediaType: string,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
): Descriptor {
  const kept = Object.entries(annotations).filter(([key]) => !STALE.test(key));
  return {
    mediaType,
    digest,
    size,
    ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }),
  };
}
