import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { existsSync } from "node:fs";
import { InUseError } from "../../src/errors/store_errors.ts";
import {
  type ImageId,
  parseContainerId,
  parseImageId,
} from "../../src/formats/storage/store_ids.ts";
import { deleteImages } from "../../src/store/delete_image.ts";
import { openTrash } from "../../src/store/layers/trash.ts";
import { imageDirectory, layerDirectory } from "../../src/store/paths.ts";
import type { Tables } from "../../src/store/records/tables.ts";
import type { Store } from "../../src/store/store.ts";
import {
  idOf,
  putLayer,
  putSmallImage,
} from "../support/images/small_layers.ts";
import { storeAgent } from "../support/store_agent.ts";

const LOCKS = {
  layers: "write",
  images: "write",
  containers: "write",
} as const;

/** base <- left, right; an image on each, and `only` beside them. */
async function fill(
  store: Store,
): Promise<Record<"left" | "only" | "right", ImageId>> {
  await putLayer(store, "base");
  await putLayer(store, "left", "base");
  await putLayer(store, "right", "base");
  return {
    left: await putSmallImage(store, "l", { top: "left" }),
    right: await putSmallImage(store, "r", { top: "right" }),
    only: await putSmallImage(store, "only"),
  };
}

async function remove(
  store: Store,
  ids: readonly ImageId[],
  {
    before = () => {},
    keep,
  }: {
    readonly before?: (held: Tables) => void;
    readonly keep?: ReadonlySet<string>;
  } = {},
): Promise<readonly string[]> {
  await using trash = openTrash(store);
  using held = await store.lock(LOCKS);
  before(held);
  const images = ids.flatMap((id) => held.images.get(id) ?? []);
  return deleteImages(store, held, { images, trash, ...(keep && { keep }) });
}

async function layersOf(store: Store): Promise<readonly string[]> {
  using held = await store.lock({ layers: "read", images: "read" });
  return held.layers.records.map(({ id }) => id);
}

Deno.test("deleteImages() deletes the layers that only they need", async (t) => {
  type Case = {
    readonly images: readonly ("left" | "only" | "right")[];
    readonly gone: readonly string[];
    readonly keep?: readonly string[];
    readonly mapped?: readonly string[];
    readonly container?: string;
  };
  const cases: Record<string, Case> = {
    "one of two on a base": { images: ["left"], gone: ["left"] },
    "both on a base": {
      images: ["left", "right"],
      gone: ["left", "right", "base"],
    },
    "one with a layer of its own": { images: ["only"], gone: ["only-layer"] },
    "all, but for what is to be kept": {
      images: ["left", "right"],
      gone: ["left"],
      keep: ["right"],
    },
    "a base that is to be kept": {
      images: ["left", "right"],
      gone: ["left", "right"],
      keep: ["base"],
    },
    "a mapped layer of another image": {
      images: ["left", "right"],
      gone: ["left"],
      mapped: ["right"],
    },
    "a layer that a container has": {
      images: ["left", "right"],
      gone: ["right"],
      container: "left",
    },
  };
  for (const [name, one] of Object.entries(cases)) {
    await t.step(name, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      const ids = await fill(store);
      const all = await layersOf(store);
      const gone = await remove(store, one.images.map((key) => ids[key]), {
        ...(one.keep && { keep: new Set<string>(one.keep.map(idOf)) }),
        before(held) {
          const only = held.images.get(ids.only);
          if (only !== undefined && one.mapped !== undefined) {
            const mapped = { "mapped-layers": one.mapped.map(idOf) };
            held.images.update({ ...only, ...mapped });
          }
          if (one.container === undefined) return;
          held.containers.add({
            id: parseContainerId("c"),
            image: parseImageId("0".repeat(64)),
            layer: idOf(one.container),
            created: "",
          });
        },
      });
      const expected = one.gone.map((layer) => String(idOf(layer)));
      assertEquals(gone.toSorted(), expected.toSorted());
      assertEquals(
        (await layersOf(store)).toSorted(),
        all.filter((id) => !expected.includes(id)).toSorted(),
      );
      for (const layer of one.gone) {
        assertFalse(existsSync(layerDirectory(store.paths, idOf(layer))));
      }
      for (const key of one.images) {
        assertFalse(existsSync(imageDirectory(store.paths, ids[key])));
      }
      using held = await store.lock({ images: "read" });
      assertEquals(held.images.records.length, 3 - one.images.length);
    });
  }
});

Deno.test("deleteImages() deletes none where a container was made of one", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  const ids = await fill(store);
  await using trash = openTrash(store);
  using held = await store.lock(LOCKS);
  held.containers.add({
    id: parseContainerId("c"),
    names: ["web"],
    image: ids.right,
    layer: idOf("left"),
    created: "",
  });
  const images = held.images.records;
  const error = assertThrows(
    () => deleteImages(store, held, { images, trash }),
    InUseError,
    'Cannot remove image "localhost/r:latest": container "web" uses it',
  );
  assertEquals(error.users, ["web"]);
  assertEquals(held.images.records.length, 3);
  assertEquals(held.layers.records.length, 4);
});
