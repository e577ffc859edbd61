/** Lists and inspects images. */

import type { Abortable } from "../../errors/abort.ts";
import { type Bytes, toText } from "../../formats/bytes.ts";
import {
  type ImageConfig,
  parseImageConfig,
} from "../../formats/oci/image_config.ts";
import { repositoryOf } from "../../formats/oci/reference.ts";
import type { ImageId, LayerId } from "../../formats/storage/store_ids.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import { sum } from "../../formats/sum.ts";
import { imageItemPath } from "../../store/disk_images.ts";
import { findImageUsers, lastUseOf } from "../../store/image_records.ts";
import type { RecordView } from "../../store/records/records.ts";
import { itemBytes, layerBytes } from "../../store/records/sizes.ts";
import { type HeldLocks, READ_LOCKS } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { parseStored } from "../parse_stored.ts";
import { findImage, manifestDigestsOf } from "./find_image.ts";
import { tryParse } from "./image_text.ts";
import { isPinned } from "./pin_image.ts";
import { loadShortNames } from "./short_names.ts";

/** An image, as lists show it. */
export interface ImageSummary {
  /** Full: the digest of its config, without `sha256:`. */
  readonly id: ImageId;
  /** Full names, with tag or digest; none for a dangling image. */
  readonly names: readonly string[];
  /** The manifest's digest; `""` if it is not known. */
  readonly digest: string;
  /** Each repository with each digest: `quay.io/a/b@sha256:…`. */
  readonly repoDigests: readonly string[];
  /** When the image was built, RFC 3339. */
  readonly created: string;
  /**
   * The size of all its layers, unpacked, its config and manifests, in bytes;
   * shared layers count in full.
   */
  readonly size: number;
  /** The IDs of its layers, from the base up. */
  readonly layers: readonly LayerId[];
  /** Names of the containers made from it. */
  readonly usedBy: readonly string[];
  /** Whether all cleanups keep it. */
  readonly pinned: boolean;
  /** When it was pulled or last had a container, RFC 3339, if that is known. */
  readonly lastUsed: string | undefined;
}

/** What the records of an image and its layers say. */
export type ImageFacts = Omit<ImageSummary, "usedBy" | "lastUsed">;

/** An image, with its config and manifest. */
export interface ImageDetails extends ImageSummary {
  /** Undefined if the image has no config. */
  readonly config: ImageConfig | undefined;
  /** The manifest, parsed as it is; undefined if there is none. */
  readonly manifest: unknown;
  /** All names it ever had, the latest first. */
  readonly namesHistory: readonly string[];
  /** Of each of `layers`, unpacked, in bytes. */
  readonly layerSizes: readonly number[];
}

/** Lists all images, in the order of the store. */
export async function listImages(
  agent: Agent,
  options: Abortable = {},
): Promise<readonly ImageSummary[]> {
  using held = await agent.store.lock(READ_LOCKS, options);
  return held.images.records.map((image) => summarize(agent, held, image));
}

/**
 * Describes one image in full.
 *
 * @throws {ImageNotFoundError} If there is no such image.
 * @throws {InvalidManifestError} If its config is damaged.
 * @throws {DamagedFileError} If its manifest is.
 */
export async function inspectImage(
  agent: Agent,
  nameOrId: string,
  options: Abortable = {},
): Promise<ImageDetails> {
  const conf = await loadShortNames(agent, [nameOrId], options);
  using held = await agent.store.lock(READ_LOCKS, options);
  const image = findImage(held.images, nameOrId, conf);
  return {
    ...summarize(agent, held, image),
    config: readConfig(agent, image),
    manifest: readManifest(agent, image),
    namesHistory: image["names-history"] ?? [],
    layerSizes: layersOf(held.layers, image)
      .map(layerBytes),
  };
}

/** Reads an image's config; undefined if it has none. */
export function readConfig(
  agent: Agent,
  image: ImageRecord,
): ImageConfig | undefined {
  return parseItem(agent, image, {
    key: `sha256:${image.id}`,
    parse: parseImageConfig,
  });
}

/** Reads an image's labels; none if its config is lost or damaged. */
export function readLabels(
  agent: Agent,
  id: ImageId,
): Readonly<Record<string, string>> {
  return tryReadConfig(agent, id)?.config.Labels ?? {};
}

/** Reads the user of an image; `""` if none is named, or the config is lost. */
export function readUser(agent: Agent, id: ImageId): string {
  return tryReadConfig(agent, id)?.config.User ?? "";
}

function tryReadConfig(
  { store }: Agent,
  id: ImageId,
): ImageConfig | undefined {
  try {
    const bytes = store.images.readItem(id, `sha256:${id}`);
    return bytes && parseImageConfig(bytes, `config of image "${id}"`);
  } catch {
    return undefined; // Lists continue; doctor and inspect report the damage.
  }
}

/** The layers of an image, from the base up. */
export function layersOf(
  layers: RecordView<LayerRecord>,
  image: ImageRecord,
): readonly LayerRecord[] {
  const found: LayerRecord[] = [];
  let layer = layers.get(image.layer);
  // Damaged records could contain a cycle of layers.
  while (layer !== undefined && !found.includes(layer)) {
    found.unshift(layer);
    layer = layers.get(layer.parent);
  }
  return found;
}

function summarize(
  agent: Agent,
  held: HeldLocks<typeof READ_LOCKS>,
  image: ImageRecord,
): ImageSummary {
  return {
    ...factsOf(agent, held.layers, image),
    usedBy: findImageUsers(held, image.id),
    lastUsed: lastUseOf(image),
  };
}

/** Describes an image by its record and those of its layers. */
export function factsOf(
  agent: Agent,
  allLayers: RecordView<LayerRecord>,
  image: ImageRecord,
): ImageFacts {
  const layers = layersOf(allLayers, image);
  return {
    id: image.id,
    names: image.names ?? [],
    digest: image.digest ?? "",
    repoDigests: repoDigestsOf(image),
    created: image.created,
    size: itemBytes(image) + sum(layers.map(layerBytes)),
    layers: layers.map(({ id }) => id),
    pinned: isPinned(agent, image),
  };
}

function repoDigestsOf(image: ImageRecord): readonly string[] {
  const digests = manifestDigestsOf(image);
  const repositories = new Set((image.names ?? []).flatMap((name) => {
    const reference = tryParse(name);
    return reference === undefined ? [] : [repositoryOf(reference)];
  }));
  return [...repositories].flatMap((repository) =>
    digests.map((digest) => `${repository}@${digest}`)
  );
}

function readManifest(agent: Agent, image: ImageRecord): unknown {
  return parseItem(agent, image, {
    key: "manifest",
    parse: (bytes): unknown => JSON.parse(toText(bytes)),
  });
}

/** Undefined if the image has no such item. */
function parseItem<T>(
  { store }: Agent,
  image: ImageRecord,
  { key, parse }: {
    readonly key: string;
    readonly parse: (bytes: Bytes, what: string) => T;
  },
): T | undefined {
  if (!image["big-data-names"]?.includes(key)) return undefined;
  const path = imageItemPath(store.paths, image.id, key);
  return parseStored({ path, advice: "pull the image again" }, (what) => {
    const bytes = store.images.readItem(image.id, key);
    if (bytes !== undefined) return parse(bytes, what);
    throw new SyntaxError(`Cannot read ${what}: it is missing`);
  });
}
