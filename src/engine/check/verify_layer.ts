/** Reads a whole layer, and reports differences from its image. */

import { createHash } from "node:crypto";
import type { Abortable } from "../../errors/abort.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import { algorithmOf, isDigest } from "../../formats/oci/digest.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { TarScanner } from "../../formats/tar/tar_scanner.ts";
import {
  type LayerTarOptions,
  openLayerTar,
} from "../../store/layers/layer_tar.ts";
import { layerDirectory, type StorePaths } from "../../store/paths.ts";
import { LayerComparison, tolerant } from "./layer_comparison.ts";
import type { Throttle } from "./throttle.ts";

/** How to read a layer. */
export interface VerifyLayerOptions
  extends Abortable, Pick<LayerTarOptions, "copies"> {
  readonly throttle: Throttle;
}

const CHUNK_BYTES = 1024 * 1024;

/** Whether a layer came from an image, so that it can be verified. */
export function isVerifiable(layer: LayerRecord): boolean {
  return isDigest(layer["diff-digest"] ?? "") && !isPartial(layer);
}

/** Whether only parts of a layer were pulled, so that its archive is not known. */
export function isPartial(layer: LayerRecord): boolean {
  return layer["toc-digest"] !== undefined;
}

/**
 * Compares each file of a layer with the checksum in its tar-split, its attributes
 * with those in its archive, and the archive's digest with that in the record.
 * Nobody may remove the layer meanwhile.
 *
 * @returns The faults, one text each.
 */
export async function verifyLayer(
  paths: StorePaths,
  layer: LayerRecord,
  { throttle, copies, signal }: VerifyLayerOptions,
): Promise<readonly string[]> {
  const expected = layer["diff-digest"] ?? "";
  if (!isDigest(expected)) return [];
  const files = `${layerDirectory(paths, layer.id)}/diff`;
  const comparison = new LayerComparison(files, {
    owners: hasOtherOwners(layer) ? "any" : "as-in-archive",
  });
  const scanner = new TarScanner(comparison);
  const scan = tolerant((chunk) => scanner.write(chunk));
  const algorithm = algorithmOf(expected);
  const hash = createHash(algorithm);
  const buffer = new Uint8Array(CHUNK_BYTES);
  let isCompared = true;
  let size = 0;
  try {
    using tar = openLayerTar(paths, layer, { content: "check", copies });
    for (;;) {
      signal?.throwIfAborted();
      const count = tar.read(buffer);
      if (count === 0) break;
      const chunk = buffer.subarray(0, count);
      hash.update(chunk);
      size += count;
      isCompared = scan(chunk);
      await throttle.spend(count, { signal });
    }
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    return [whyUnreadable(error, layer)];
  }
  const digest = `${algorithm}:${hash.digest("hex")}`;
  const known = layer["diff-size"] ?? size;
  return [
    ...digest === expected
      ? []
      : [`its archive has digest ${digest}, its record says ${expected}`],
    ...size === known || known < 0
      ? []
      : [`its archive has ${size} bytes, its record says ${known}`],
    ...isCompared ? comparison.finish() : [],
  ];
}

/** The part of an error's message that the caller does not know. */
export function whyUnreadable({ message }: Error, { id }: LayerRecord): string {
  return message.replace(`Cannot read layer "${id}": `, "")
    .replace("; pull its image again", "");
}

/** Copies of layers for mapped users have other owners. */
function hasOtherOwners(layer: LayerRecord): boolean {
  return ["uidmap", "gidmap"].some((member) => {
    const map = layer[member];
    return Array.isArray(map) && map.length > 0;
  });
}
