/** What pulls leave in a store, by its files. */

import { join } from "@std/path";
import { existsSync, readdirSync } from "node:fs";
import {
  parseImageRecords,
  parseLayerRecords,
} from "../../src/formats/storage/store_record.ts";

/** Lists what pulls have put below a root. */
export function listContents(root: string): readonly string[] {
  const load = <R>(path: string, parse: (text: string) => R[]): R[] =>
    existsSync(path) ? parse(Deno.readTextFileSync(path)) : [];
  const images = join(root, "overlay-images", "images.json");
  const layers = join(root, "overlay-layers", "layers.json");
  return [
    ...load(images, parseImageRecords).map(({ id }) => `image ${id}`),
    ...load(layers, parseLayerRecords).map(({ id }) => `layer ${id}`),
    ...listPartials(root).map(() => "partial"),
  ];
}

/** Lists the files with what was received of blobs. */
export function listPartials(root: string): readonly string[] {
  const downloads = join(root, "orlop", "downloads");
  if (!existsSync(downloads)) return [];
  return readdirSync(downloads).map((name) => join(downloads, name));
}
