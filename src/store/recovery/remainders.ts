/** Tells what removals left from what a table has lost: reads the items of images. */

import { basename } from "@std/path";
import { hexOf } from "../../formats/oci/digest.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import { parseImageConfig } from "../../formats/oci/image_config.ts";
import { parseManifest } from "../../formats/oci/manifest.ts";
import { readBigData } from "../records/big_data.ts";
import type { TableViews } from "../records/tables.ts";

/**
 * Whether the layers of an image without a record are gone: they are removed after
 * the record, and the directory of the image came back with a power cut, or its
 * removal was killed. Without layers it is of no use.
 */
export function isRemainder(
  { layers, containers }: TableViews,
  directory: string,
): boolean {
  // No doubt about what became of the layers.
  if (!["own", "other"].includes(layers.origin)) return false;
  const top = readTopDiffId(directory);
  if (top === undefined) return false;
  const own = new Set<string>(containers.records.map(({ layer }) => layer));
  return layers.records.every(({ id, ...layer }) => {
    const diffId = layer["diff-digest"];
    // Of some that other tools make the archive is not known.
    return diffId === undefined ? own.has(id) : diffId !== top;
  });
}

/** Undefined if the image has no layers, or its items do not tell. */
function readTopDiffId(directory: string): string | undefined {
  try {
    const bytes = readBigData(directory, "manifest");
    const digest = digestOf(bytes);
    const manifest = parseManifest({ bytes, digest, mediaType: "" });
    if (manifest.kind === "index") return undefined;
    const { config } = manifest;
    const content = readBigData(directory, config.digest);
    const isOwn = hexOf(config.digest) === basename(directory) &&
      digestOf(content) === config.digest;
    if (!isOwn) return undefined;
    const { rootfs } = parseImageConfig(content, `config "${config.digest}"`);
    return rootfs.diff_ids.at(-1);
  } catch {
    return undefined; // damaged, or of a kind that is not known
  }
}
