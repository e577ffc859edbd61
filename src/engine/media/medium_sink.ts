/** A medium as the destination of images. */

import { type Abortable, linkSignals } from "../../errors/abort.ts";
import type { ImageBlobs } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type {
  ImageMedium,
  PutManifestOptions,
} from "../../formats/oci/image_medium.ts";
import type { ImageSink, ResolvedImage } from "../../formats/oci/image_sink.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import { limitReports } from "../progress/limit_reports.ts";
import { Semaphore } from "../semaphore.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import {
  convertConfig,
  type ConvertedConfig,
  rewriteIfChanged,
} from "./convert_image.ts";
import { Packers } from "./packers.ts";
import { type CopyForm, type CopyPlan, planCopy } from "./plan_copy.ts";
import { putLayer } from "./put_layer.ts";

/** How to write an image to a medium. */
export interface MediumSinkOptions
  extends CopyForm, Pick<PutManifestOptions, "names"> {
  /**
   * Whether the medium's name refers to this image.
   *
   * @default {true}
   */
  readonly isNamed?: boolean | undefined;
  /**
   * The name of the image in events.
   *
   * @default {none}
   */
  readonly name?: string | undefined;
  /**
   * How to retry reads.
   *
   * @default {as RetryRules has it}
   */
  readonly retry?: RetryRules | undefined;
  /**
   * Receives progress events.
   *
   * @default {none}
   */
  readonly onEvent?: OnPullEvent | undefined;
}

// Two cores compress, and one connection alone is seldom the fastest.
const LAYERS_AT_ONCE = 2;

/**
 * Opens a medium for one image. The medium is neither committed nor disposed of:
 * more images may follow.
 *
 * @param medium Where the image goes to.
 * @param options By default nothing is converted except what the medium does not
 * accept.
 * @returns A sink that returns the manifest that was written.
 * @throws {ChangedDigestError} In `receive()`, if digests are to be kept.
 * @example
 * ```ts
 * import {
 *   copyImage,
 *   type ImageSource,
 *   openLayoutMedium,
 *   openMediumSink,
 * } from "orlop";
 * async function archive(source: ImageSource): Promise<void> {
 *   await using medium = await openLayoutMedium("/srv/archive", { ref: "1" });
 *   const form = { layers: "compressed", packing: { format: "zstd" } } as const;
 *   await copyImage(source, openMediumSink(medium, form));
 *   await medium.commit();
 * }
 * ```
 */
export function openMediumSink(
  medium: ImageMedium,
  options: MediumSinkOptions = {},
): ImageSink<Descriptor> {
  return {
    async receive(image, source, { signal } = {}) {
      const plan = planCopy(image, source, medium, options);
      const { format } = plan;
      const layers = await putLayers({ image, source, medium, plan }, {
        ...options,
        signal,
      });
      const config = convertConfig(image, format);
      await putConfig(medium, config, { signal });
      const content = { format, layers, config: config.blob };
      const manifest = rewriteIfChanged(image, content);
      const { isNamed = true, names } = options;
      await medium.putManifest(manifest, { isNamed, names, signal });
      const { mediaType, digest, bytes } = manifest;
      return { mediaType, digest, size: bytes.byteLength };
    },
  };
}

interface ImageMove {
  readonly image: ResolvedImage;
  readonly source: ImageBlobs;
  readonly medium: ImageMedium;
  readonly plan: CopyPlan;
}

/** Puts some layers concurrently; a layer that occurs twice is put once. */
async function putLayers(
  move: ImageMove,
  options: MediumSinkOptions & Abortable,
): Promise<readonly Descriptor[]> {
  const layers = listLayers(move);
  const { name = "", onEvent } = options;
  onEvent?.({
    kind: "start",
    name,
    layers: layers.map(({ digest, size }) => ({
      digest,
      size,
      present: false,
    })),
  });
  using packers = new Packers();
  const failure = new AbortController();
  const signal = linkSignals(failure.signal, options.signal);
  const turns = new Semaphore(LAYERS_AT_ONCE);
  const started = new Map<Digest, Promise<Descriptor>>();
  const all = layers.map((layer) => {
    const putting = started.get(layer.digest) ??
      putPlanned(layer, { ...move, packers, turns }, { ...options, signal });
    started.set(layer.digest, putting);
    putting.catch((error) => failure.abort(error));
    return putting;
  });
  // None may continue after this has ended.
  await Promise.allSettled(all);
  options.signal?.throwIfAborted();
  failure.signal.throwIfAborted();
  return await Promise.all(all);
}

/** A layer to be written to a medium. */
interface OutgoingLayer {
  readonly digest: Digest;
  readonly size: number;
  readonly plan: CopyPlan["layers"][number];
}

function listLayers(
  { image: { manifest }, source: { plainLayers }, plan }: ImageMove,
): readonly OutgoingLayer[] {
  return manifest.layers.map(({ digest, size }, index) => {
    const layer = plan.layers[index];
    if (layer === undefined) throw new RangeError("no plan for the layer");
    return { digest, size: plainLayers?.[index]?.size ?? size, plan: layer };
  });
}

/** Puts a layer when a place is free. */
async function putPlanned(
  { digest, size, plan }: OutgoingLayer,
  { source, medium, plan: { format }, packers, turns }: ImageMove & {
    readonly packers: Packers;
    readonly turns: Semaphore;
  },
  { retry, onEvent, preserveDigests = false, signal }:
    & MediumSinkOptions
    & Abortable,
): Promise<Descriptor> {
  using _turn = await turns.take(signal);
  const move = { source, medium, format, preserveDigests, packers };
  const listed = await putLayer(plan, move, {
    ...{ retry, signal },
    onProgress: limitReports((received) =>
      onEvent?.({ kind: "download", digest, received, size })
    ),
    onRetry: (reason) => onEvent?.({ kind: "retry", digest, reason }),
  });
  onEvent?.({ kind: "committed", digest });
  return listed;
}

async function putConfig(
  medium: ImageMedium,
  { blob, bytes }: ConvertedConfig,
  options: Abortable,
): Promise<void> {
  if (await medium.has(blob, options)) return;
  const open = (offset = 0) =>
    Promise.resolve(new Blob([bytes.subarray(offset)]).stream());
  await medium.put({ kind: "config", ...blob, open }, options);
}
