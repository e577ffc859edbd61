/** Reads all items of an image, and compares them with its record and layers. */

import { createHash } from "node:crypto";
import { categoryOf } from "../../errors/category.ts";
import { whyOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { algorithmOf, isDigest } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import { parseImageConfig } from "../../formats/oci/image_config.ts";
import { parseManifest } from "../../formats/oci/manifest.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import { isErrno } from "../../fs/errno.ts";
import { readRegularFile } from "../../fs/regular_file.ts";
import { imageItemPath } from "../../store/disk_images.ts";
import { listChain } from "../../store/layers/layer_files.ts";
import type { StorePaths } from "../../store/paths.ts";
import type { TableView } from "../../store/records/record_files.ts";

// Manifests and configs are far smaller than this.
const MAX_ITEM_BYTES = 64 * 1024 * 1024;

/**
 * Compares items with the digests in the image's record, and the layers with what
 * its config says of them.
 *
 * @returns The faults, one text each.
 */
export function verifyImage(
  paths: StorePaths,
  layers: Pick<TableView<LayerRecord>, "lookUp">,
  image: ImageRecord,
): readonly string[] {
  const items = new Map<string, Bytes>();
  const faults: string[] = [];
  for (const key of image["big-data-names"] ?? []) {
    const path = imageItemPath(paths, image.id, key);
    const bytes = readItem(path);
    if (typeof bytes === "string") {
      faults.push(`${path}: ${bytes}`);
      continue;
    }
    items.set(key, bytes);
    // An item that is named by a digest must have it, whatever the record says.
    const named = key.replace(/^manifest-/, "");
    const expected = isDigest(named)
      ? named
      : image["big-data-digests"]?.[key] ?? "";
    if (!isDigest(expected)) continue;
    const algorithm = algorithmOf(expected);
    const hex = createHash(algorithm).update(bytes).digest("hex");
    const actual = `${algorithm}:${hex}`;
    if (actual !== expected) {
      faults.push(`${path}: it has digest ${actual}, not ${expected}`);
    }
  }
  return faults.length > 0 ? faults : verifyLayers(items, layers, image);
}

function verifyLayers(
  items: ReadonlyMap<string, Bytes>,
  layers: Pick<TableView<LayerRecord>, "lookUp">,
  image: ImageRecord,
): readonly string[] {
  const bytes = items.get("manifest");
  if (bytes === undefined) return [];
  try {
    const digest = digestOf(bytes);
    const manifest = parseManifest({ bytes, digest, mediaType: "" });
    if (manifest.kind === "index") return [];
    const config = items.get(manifest.config.digest);
    if (config === undefined) return [];
    const what = `config "${manifest.config.digest}"`;
    const { diff_ids } = parseImageConfig(config, what).rootfs;
    const chain = listChain(layers, image.layer).toReversed();
    if (chain.length !== diff_ids.length) {
      return [
        `it has ${chain.length} layers, its config says ${diff_ids.length}`,
      ];
    }
    return chain.flatMap((layer, index) => {
      const known = layer["diff-digest"];
      return known === undefined || known === diff_ids[index] ? [] : [
        `its layer ${layer.id} has digest ${known}, its config says ` +
        `${diff_ids[index]}`,
      ];
    });
  } catch (error) {
    // Other tools store images that orlop refuses, such as schema 1: that is no
    // damage.
    if (["invalid", "refused"].includes(categoryOf(error))) return [];
    throw error;
  }
}

/** Reads an item. @returns Why not, if it cannot be read. */
function readItem(path: string): Bytes | string {
  try {
    return readRegularFile(path, MAX_ITEM_BYTES);
  } catch (error) {
    if (isErrno(error, "EIO", "EACCES")) return whyOf(error);
    throw error;
  }
}
