/** The store as a destination of images. */

import type { Abortable } from "../../errors/abort.ts";
import { BlobMismatchError } from "../../errors/image_errors.ts";
import { LayerNotFoundError } from "../../errors/not_found_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { ImageBlobs } from "../../formats/oci/blob_source.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import type { ImageSink, ResolvedImage } from "../../formats/oci/image_sink.ts";
import { compressionOf } from "../../formats/oci/media_types.ts";
import { type ImageName, splitReference } from "../../formats/oci/reference.ts";
import { type ImageId, imageIdOf } from "../../formats/storage/store_ids.ts";
import { isErrno } from "../../fs/errno.ts";
import { layerIdsOf } from "../../image/layer_ids.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import { putImage } from "../../store/put_image.ts";
import type { BigDataItem } from "../../store/records/big_data.ts";
import { keepReserve } from "../../store/records/reserve.ts";
import { READ_LOCKS } from "../../store/records/tables.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";
import type { Agent, LogLevel } from "../agent.ts";
import { checkSpace } from "./check_space.ts";
import { fetchLayers } from "./fetch_layers.ts";
import type { LayerWorkers } from "./layer_workers.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import type { NeededLayer } from "./receive_layer.ts";
import { digestOfImage } from "./resolve_image.ts";
import { canReuse, repairNames } from "./reuse_layer.ts";

/** An image that was stored. */
export interface StoredImage {
  /** The digest of its config, without `sha256:`. */
  readonly imageId: ImageId;
  /** The requested names, in full. */
  readonly names: readonly ImageName[];
  /** Of the manifest, or of the index that led to it. */
  readonly digest: Digest;
}

/** How to store an image. */
export interface StoreSinkOptions {
  /** The image may have others already. */
  readonly names: readonly ImageName[];
  /** Limits of the content of a layer. */
  readonly limits?: UnpackLimits | undefined;
  /** `"ignore"` starts even if the disk seems too small. */
  readonly space?: "check" | "ignore" | undefined;
  /** `"forget"` ignores partial blobs of earlier pulls. */
  readonly received?: "use" | "forget" | undefined;
  /** IDs of layers whose content is damaged: fetched again, and replaced. */
  readonly suspects?: ReadonlySet<string> | undefined;
  /** How to retry. */
  readonly retry?: RetryRules | undefined;
  /** Receives progress events. */
  readonly onEvent?: OnPullEvent | undefined;
  /** The caller's workers; if omitted, they are started on demand. */
  readonly workers?: LayerWorkers | undefined;
  /** The level to log that a name moves here; `"info"` if the user typed it. */
  readonly lostNames?: LogLevel | undefined;
}

// Another tool may remove a needed layer during the pull: then retry.
const MAX_ROUNDS = 3;

/** Opens the store for one image. Complete layers stay, even if it fails. */
export function openStoreSink(
  agent: Agent,
  options: StoreSinkOptions,
): ImageSink<StoredImage> {
  const { names } = options;
  return {
    findConfig: (digest) => readStoredConfig(agent, digest),
    receive: (image, source, { signal } = {}) =>
      receive(agent, { image, source, names }, { ...options, signal }),
  };
}

/** An image to store, and its names. */
interface Delivery {
  readonly image: ResolvedImage;
  readonly source: ImageBlobs;
  readonly names: readonly ImageName[];
}

async function receive(
  agent: Agent,
  { image, source, names }: Delivery,
  options: StoreSinkOptions & Abortable,
): Promise<StoredImage> {
  const { onEvent = () => {}, limits = {} } = options;
  refuseOtherDigests(image, names);
  const layers = listLayers(image, source);
  // Leased before the lookup: from now on no cleanup removes them.
  using _lease = agent.store.leases.lease(layers.map(({ id }) => id));
  for (let round = 1;; round++) {
    const needed = await findMissing(agent, layers, options);
    onEvent({
      kind: "start",
      name: names[0] ?? "",
      layers: layers.map((layer) => ({
        digest: layer.blob.digest,
        size: layer.blob.size,
        present: !needed.includes(layer),
      })),
    });
    if (options.space !== "ignore") checkSpace(agent, needed, source);
    try {
      await fetchLayers(agent, source, { ...options, needed, limits, onEvent });
      await repairNames(agent, layers, options);
      const stored = await record(agent, { image, layers, names }, options);
      keepReserve(agent.store);
      return stored;
    } catch (error) {
      if (isErrno(error, "ENOSPC", "EDQUOT")) await repair(agent);
      const isGone = error instanceof LayerNotFoundError;
      if (!isGone || round === MAX_ROUNDS) throw error;
    }
  }
}

/** A name with a digest must refer to exactly that image. */
function refuseOtherDigests(
  { indexes, raw }: ResolvedImage,
  names: readonly ImageName[],
): void {
  const own = [...indexes, raw].map(({ digest }) => digest);
  for (const name of names) {
    const { digest } = splitReference(name);
    if (digest === undefined || own.some((each) => each === digest)) continue;
    throw new BlobMismatchError(
      `Cannot store an image as "${name}": its manifest is ${raw.digest}`,
    );
  }
}

/**
 * On a full disk not even the mark of an incomplete layer can be removed. By now
 * the staged files are deleted, so there is space: locking the layers removes it.
 */
async function repair({ store, log }: Agent): Promise<void> {
  try {
    using _held = await store.lock({ layers: "read" });
  } catch (error) {
    log("debug", `the next command must repair the store: ${error}`);
  }
}

/** The config of a stored image need not be fetched. */
function readStoredConfig({ store }: Agent, digest: Digest): Bytes | undefined {
  const bytes = store.images.readItem(imageIdOf(digest), digest);
  return bytes && digestOf(bytes) === digest ? bytes : undefined; // or damaged
}

function listLayers(
  { manifest, config }: ResolvedImage,
  { plainLayers = manifest.layers }: Pick<ImageBlobs, "plainLayers">,
): readonly NeededLayer[] {
  const diffIds = config.rootfs.diff_ids;
  const ids = layerIdsOf(diffIds);
  return plainLayers.flatMap((blob, index) => {
    const id = ids[index];
    const diffId = diffIds[index];
    if (id === undefined || diffId === undefined) return [];
    compressionOf(blob.mediaType); // refuses unknown layer types
    return [{ id, parent: ids[index - 1], blob, diffId }];
  });
}

async function findMissing(
  agent: Agent,
  layers: readonly NeededLayer[],
  options: Pick<StoreSinkOptions, "suspects"> & Abortable,
): Promise<readonly NeededLayer[]> {
  // Checked before anything is fetched: the store may be inconsistent.
  using held = await agent.store.lock(READ_LOCKS, {
    ...options,
    purpose: "write",
  });
  const missing: NeededLayer[] = [];
  for (const layer of layers) {
    const isWhole = options.suspects?.has(layer.id) !== true &&
      await canReuse(agent, held.layers, layer);
    if (!isWhole) missing.push(layer);
  }
  return missing;
}

async function record(
  { store, log }: Agent,
  { image, layers, names }: {
    readonly image: ResolvedImage;
    readonly layers: readonly NeededLayer[];
    readonly names: readonly ImageName[];
  },
  { signal, lostNames = "info" }:
    & Abortable
    & Pick<StoreSinkOptions, "lostNames">,
): Promise<StoredImage> {
  const imageId = imageIdOf(image.manifest.config.digest);
  const top = layers.at(-1)?.id;
  const digest = digestOfImage(image);
  const locks = { layers: "read", images: "write" } as const;
  using held = await store.lock(locks, { signal });
  if (top !== undefined && held.layers.get(top) === undefined) {
    throw new LayerNotFoundError(
      `Cannot store image "${imageId}": layer "${top}" was removed meanwhile`,
    );
  }
  for (const name of names) {
    const holder = held.images.getByName(name)?.id;
    if (holder === undefined || holder === imageId) continue;
    log(lostNames, `name "${name}" moves here from image "${holder}"`);
  }
  putImage(store, held.images, {
    id: imageId,
    names,
    layer: top,
    digest: image.raw.digest,
    items: listItems(image),
    created: image.config.created ?? new Date().toISOString(),
  });
  log("debug", `stored image "${imageId}"`);
  return { imageId, names, digest };
}

/** In the order in which containers/image stores them. */
function listItems(
  { indexes, raw, manifest, configBytes }: ResolvedImage,
): readonly BigDataItem[] {
  return [
    [manifest.config.digest, configBytes],
    ...indexes.map(({ digest, bytes }): BigDataItem => [
      `manifest-${digest}`,
      bytes,
    ]),
    [`manifest-${raw.digest}`, raw.bytes],
    ["manifest", raw.bytes],
  ];
}
