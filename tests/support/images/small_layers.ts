/** Puts layers and images into a store, as a pull does, but without one. */

import { join } from "@std/path";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { nameOf, parseReference } from "../../../src/formats/oci/reference.ts";
import {
  type ImageId,
  type LayerId,
  parseImageId,
  parseLayerId,
} from "../../../src/formats/storage/store_ids.ts";
import type { LayerRecord } from "../../../src/formats/storage/store_record.ts";
import { putImage } from "../../../src/store/put_image.ts";
import {
  createLayer,
  type NewLayer,
} from "../../../src/store/layers/create_layer.ts";
import type { Staging } from "../../../src/store/layers/staging.ts";
import type { Store } from "../../../src/store/store.ts";

/** A layer's ID that a test can foresee. */
export function idOf(name: string): LayerId {
  return parseLayerId(createHash("sha256").update(name).digest("hex"));
}

/** Stages a layer's contents: one file, and something like a tar-split. */
export function stageContents(
  staging: Staging,
  name: string,
): NonNullable<NewLayer["contents"]> {
  const directory = join(staging.path, `${idOf(name)}-addition`);
  const diff = join(directory, "diff");
  mkdirSync(diff, { recursive: true });
  writeFileSync(join(diff, name), name);
  const tarSplit = join(directory, "tar-split.gz");
  writeFileSync(tarSplit, name);
  const members = { "diff-digest": `sha256:${idOf(name)}`, "diff-size": 1000 };
  return { diff, tarSplit, members };
}

/** Puts a layer with contents into a store. */
export async function putLayer(
  store: Store,
  name: string,
  parent?: string,
): Promise<LayerRecord> {
  await using staging = store.openStaging();
  using held = await store.lock({ layers: "write" });
  return await createLayer(store, held.layers, {
    id: idOf(name),
    parent: parent === undefined ? undefined : idOf(parent),
    contents: stageContents(staging, name),
  });
}

/** Puts an image into a store, with one layer of its own if none is given. */
export async function putSmallImage(
  store: Store,
  name: string,
  options: { readonly top?: string; readonly names?: readonly string[] } = {},
): Promise<ImageId> {
  const { top = `${name}-layer`, names = [`localhost/${name}:latest`] } =
    options;
  if (options.top === undefined) await putLayer(store, top);
  const config = new TextEncoder().encode(JSON.stringify({
    architecture: "amd64",
    os: "linux",
    author: name,
    config: { Cmd: ["/bin/true"] },
    rootfs: { type: "layers", "diff_ids": [`sha256:${idOf(top)}`] },
  }));
  const hex = createHash("sha256").update(config).digest("hex");
  const id = parseImageId(hex);
  using held = await store.lock({ layers: "read", images: "write" });
  putImage(store, held.images, {
    id,
    names: names.map((name) => nameOf(parseReference(name))),
    layer: idOf(top),
    digest: `sha256:${idOf(`${name}-manifest`)}`,
    items: [[`sha256:${id}`, config]],
    created: "2026-11-24T06:35:19Z",
  });
  return id;
}
