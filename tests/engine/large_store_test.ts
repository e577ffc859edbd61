import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { writeFileSync } from "node:fs";
import { measureStore } from "../../src/engine/cleanup/disk_usage.ts";
import { listImages } from "../../src/engine/images/list_images.ts";
import { TableBytes } from "../../src/formats/storage/table_bytes.ts";
import { idOf } from "../support/images/small_layers.ts";
import { type StoreAgent, storeAgent } from "../support/store_agent.ts";

const IMAGES = 500;
const LAYERS_EACH = 4;
const created = "2026-11-24T06:35:19.586896696Z";

/** Records as long as real ones, without what they describe. */
function fill({ agent: { store: { paths } } }: StoreAgent): void {
  const images = Array.from({ length: IMAGES }, (_, n) => {
    const id = idOf(`image${n}`);
    const digest = `sha256:${idOf(`manifest${n}`)}`;
    const keys = [`sha256:${id}`, `manifest-${digest}`, "manifest"];
    return {
      id,
      digest,
      names: [`registry.example.com/team/app${n}:latest`],
      layer: idOf(`layer${n}.${LAYERS_EACH - 1}`),
      "big-data-names": keys,
      "big-data-sizes": Object.fromEntries(keys.map((key) => [key, 400])),
      "big-data-digests": Object.fromEntries(keys.map((key) => [key, digest])),
      created,
    };
  });
  const layers = Array.from({ length: IMAGES * LAYERS_EACH }, (_, n) => {
    const image = Math.floor(n / LAYERS_EACH);
    const level = n % LAYERS_EACH;
    const id = idOf(`layer${image}.${level}`);
    return {
      id,
      ...(level > 0 && { parent: idOf(`layer${image}.${level - 1}`) }),
      created,
      "diff-digest": `sha256:${id}`,
      "diff-size": 1000,
      uidset: [0],
      gidset: [0],
    };
  });
  writeFileSync(
    join(paths.images, "images.json"),
    TableBytes.empty().write(images),
  );
  writeFileSync(
    join(paths.layers, "layers.json"),
    TableBytes.empty().write(layers),
  );
}

Deno.test("500 images on 2000 layers are listed and measured at once", async () => {
  using test = storeAgent();
  fill(test);
  const start = performance.now();
  const images = await listImages(test.agent);
  const listedMs = performance.now() - start;
  assertEquals(images.length, IMAGES);
  // As in podman, its manifest and config count, too.
  assertEquals(images[0]?.size, LAYERS_EACH * 1000 + 3 * 400);
  await measureStore(test.agent);
  const measuredMs = performance.now() - start - listedMs;
  // 50 ms each in truth; minutes if all were compared with all.
  assert(listedMs < 5000 && measuredMs < 5000, `${listedMs}, ${measuredMs} ms`);
});
