/** Rebuilds records from the files on disk and the other tables. */

import { join } from "@std/path";
import { createHash } from "node:crypto";
import { categoryOf } from "../../errors/category.ts";
import { errnoOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { type Digest, hexOf } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import {
  type ImageConfig,
  parseImageConfig,
} from "../../formats/oci/image_config.ts";
import {
  type ImageManifest,
  parseManifest,
} from "../../formats/oci/manifest.ts";
import { compressionOf } from "../../formats/oci/media_types.ts";
import {
  type ImageId,
  type LayerId,
  parseImageId,
  parseLayerId,
} from "../../formats/storage/store_ids.ts";
import {
  COMPRESSION_CODES,
  type ContainerRecord,
  type ImageRecord,
  type LayerRecord,
} from "../../formats/storage/store_record.ts";
import { isDirectoryThere, lstatIfThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { layerIdsOf } from "../../image/layer_ids.ts";
import { layerNames } from "../../store/put_container.ts";
import { openLayerTar } from "../../store/layers/layer_tar.ts";
import { readLowerIds } from "../../store/layers/lower_files.ts";
import {
  imageDirectory,
  layerDirectory,
  type StorePaths,
  tarSplitPath,
} from "../../store/paths.ts";
import { bigDataKey, readBigData } from "../../store/records/big_data.ts";

/** An image that its items prove. */
export interface ProvenImage {
  readonly id: ImageId;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads the items of an image.
 *
 * @returns Undefined if they do not prove that they are this image's.
 */
export function proveImage(
  paths: StorePaths,
  id: string,
): ProvenImage | undefined {
  try {
    const imageId = parseImageId(id);
    const directory = imageDirectory(paths, imageId);
    const bytes = readBigData(directory, "manifest");
    const digest = digestOf(bytes);
    const manifest = parseManifest({ bytes, digest, mediaType: "" });
    if (manifest.kind === "index") return undefined;
    const configBytes = readBigData(directory, manifest.config.digest);
    const isOwn = digestOf(configBytes) === manifest.config.digest &&
      hexOf(manifest.config.digest) === id;
    if (!isOwn) return undefined;
    const what = `config "${manifest.config.digest}"`;
    return {
      id: imageId,
      manifest,
      config: parseImageConfig(configBytes, what),
    };
  } catch (error) {
    const isUnproven = errnoOf(error) !== "" ||
      ["invalid", "refused", "damaged"].includes(categoryOf(error));
    if (isUnproven) return undefined;
    throw error;
  }
}

/**
 * Rebuilds an image's record. Its names are lost: they are nowhere else on the
 * disk.
 */
export function rebuildImage(
  paths: StorePaths,
  id: string,
): ImageRecord | undefined {
  const proven = proveImage(paths, id);
  if (proven === undefined) return undefined;
  const directory = imageDirectory(paths, proven.id);
  const layer = layerIdsOf(proven.config.rootfs.diff_ids).at(-1);
  // The layers of a built image have random IDs, which are only in its record.
  if (layer !== undefined && !isDirectoryThere(layerDirectory(paths, layer))) {
    return undefined;
  }
  const items = listIfDirectory(directory).flatMap((name) => {
    const key = bigDataKey(name);
    return key === undefined
      ? []
      : [[key, readBigData(directory, key)] as const];
  });
  const { digest } = proven.manifest;
  return {
    id: proven.id,
    digest,
    ...(layer !== undefined && { layer }),
    metadata: "{}",
    created: proven.config.created ?? new Date().toISOString(),
    "big-data-names": items.map(([key]) => key),
    "big-data-sizes": Object.fromEntries(
      items.map(([key, bytes]) => [key, bytes.length]),
    ),
    "big-data-digests": Object.fromEntries(
      items.map(([key, bytes]) => [key, digestOf(bytes)]),
    ),
  };
}

/** What layers are rebuilt from. */
export interface LayerProofs {
  readonly images: readonly ProvenImage[];
  readonly containers: readonly ContainerRecord[];
}

/**
 * Rebuilds a layer's record: as an image's if its archive can be rebuilt and an
 * image lists it; otherwise as a container's, if one names it.
 */
export function rebuildLayer(
  paths: StorePaths,
  id: string,
  { images, containers }: LayerProofs,
): LayerRecord | undefined {
  const layerId = parseLayerId(id);
  const parent = readParent(paths, layerId);
  if (parent === "unknown") return undefined;
  const { mtime } = Deno.lstatSync(layerDirectory(paths, layerId));
  const created = (mtime ?? new Date()).toISOString();
  const record = { id: layerId, ...(parent && { parent }), created };
  if (lstatIfThere(tarSplitPath(paths, layerId))?.isFile) {
    const archive = digestArchive(paths, record);
    const members = archive &&
      describeBlob({ ...archive, isBase: parent === undefined }, images);
    return members && { ...record, ...members };
  }
  const owner = containers.find(({ layer }) => layer === layerId);
  if (owner === undefined) return undefined;
  const image = images.find(({ id }) => id === owner.image);
  // The list of its lower layers is lost, too.
  const isCut = parent === undefined && owner.image !== "" &&
    image?.config.rootfs.diff_ids.length !== 0;
  if (isCut) return undefined;
  return { ...record, names: layerNames(owner.names ?? []) };
}

function describeBlob(
  { digest, size, isBase }: {
    readonly digest: Digest;
    readonly size: number;
    readonly isBase: boolean;
  },
  images: readonly ProvenImage[],
): Partial<LayerRecord> | undefined {
  for (const { manifest, config } of images) {
    const index = config.rootfs.diff_ids.indexOf(digest);
    const blob = manifest.layers[index];
    if (blob === undefined || isBase && index > 0) continue;
    const compression = compressionOf(blob.mediaType);
    return {
      "compressed-diff-digest": blob.digest,
      "compressed-size": blob.size,
      "diff-digest": digest,
      "diff-size": size,
      ...(compression !== "none" && {
        compression: COMPRESSION_CODES[compression],
      }),
    };
  }
  return undefined;
}

function digestArchive(
  paths: StorePaths,
  record: LayerRecord,
): { readonly digest: Digest; readonly size: number } | undefined {
  try {
    using tar = openLayerTar(paths, record);
    const hash = createHash("sha256");
    const buffer: Bytes = new Uint8Array(CHUNK_BYTES);
    let size = 0;
    for (;;) {
      const count = tar.read(buffer);
      if (count === 0) break;
      hash.update(buffer.subarray(0, count));
      size += count;
    }
    return { digest: `sha256:${hash.digest("hex")}` as Digest, size };
  } catch (error) {
    if (categoryOf(error) === "damaged") return undefined;
    throw error;
  }
}

/** The parent, from the layer's own list of lower layers. */
function readParent(
  paths: StorePaths,
  id: LayerId,
): LayerId | "unknown" | undefined {
  const directory = layerDirectory(paths, id);
  const isAlone = ["lower", "lower-layers"]
    .every((name) => lstatIfThere(join(directory, name))?.isFile !== true);
  if (isAlone) return undefined;
  try {
    return parseLayerId(readLowerIds(paths, id)?.[0] ?? "");
  } catch (error) {
    if (errnoOf(error) !== "" || error instanceof SyntaxError) return "unknown";
    throw error;
  }
}
