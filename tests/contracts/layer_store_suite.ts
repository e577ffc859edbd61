/** What every place for layers promises, with their records. */

import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { DuplicateIdError } from "../../src/errors/naming_errors.ts";
import { LayerNotFoundError } from "../../src/errors/not_found_errors.ts";
import { DamagedFileError, InUseError } from "../../src/errors/store_errors.ts";
import { parseContainerId } from "../../src/formats/storage/store_ids.ts";
import { StagedFiles } from "../../src/fs/staged_files.ts";
import { createLayer } from "../../src/store/layers/create_layer.ts";
import { deleteLayer } from "../../src/store/layers/delete_layer.ts";
import { requireUsable } from "../../src/store/layers/require_usable.ts";
import { openTrash } from "../../src/store/layers/trash.ts";
import { WRITE_LOCKS } from "../../src/store/records/tables.ts";
import type { Store } from "../../src/store/store.ts";
import {
  BrokenStepError,
  faultsOf,
  imageRecord,
  layerId,
  stackLayers,
  type StoreSuite,
  storeSuite,
  thenFail,
} from "./test_store.ts";

/** Tries the contract, a step a promise. */
export const testLayerStore: StoreSuite = storeSuite(async (step) => {
  await step("creates layers that are whole, with records", async (store) => {
    await stackLayers(store, "a", "b");
    using held = await store.lock({ layers: "write" });
    const { layers } = held;
    await createLayer(store, layers, {
      id: layerId("c"),
      parent: layerId("b"),
      names: ["web-layer"],
      mountLabel: "label",
    });
    assertEquals(
      layers.records.map(({ id }) => id),
      ["a", "b", "c"].map(layerId),
    );
    const { created: _, ...record } = layers.getByName("web-layer") ?? {};
    assertEquals(record, {
      id: layerId("c"),
      parent: layerId("b"),
      names: ["web-layer"],
      mountlabel: "label",
    });
    await requireUsable(store.layers, layers, layerId("c"));
  });
  await step("has nothing before it is committed", async (store) => {
    await stackLayers(store, "b");
    using files = new StagedFiles();
    store.layers.makeTrees([{ id: layerId("a") }], files);
    assertNotEquals(await faultsOf(store, "a"), []);
    await files.commit();
    assertEquals(await faultsOf(store, "a"), []);
  });
  await step(
    "refuses an ID that is there, an unknown parent",
    async (store) => {
      await stackLayers(store, "a");
      using held = await store.lock({ layers: "write" });
      const orphan = { id: layerId("b"), parent: layerId("f") };
      const [twice, unknown] = [{ id: layerId("a") }, orphan];
      const create = (layer: typeof twice) =>
        createLayer(store, held.layers, layer);
      await assertRejects(() => create(twice), DuplicateIdError);
      await assertRejects(() => create(unknown), LayerNotFoundError);
      assertEquals(held.layers.records.map(({ id }) => id), [layerId("a")]);
    },
  );
  await step("leaves nothing on a parent that is damaged", async (store) => {
    await stackLayers(store, "a");
    store.layers.removeTree(layerId("a"));
    await assertLeavesNothing(store, DamagedFileError);
  });
  await step("leaves nothing where a step fails", async (store) => {
    await stackLayers(store, "a");
    const broken: Store = {
      ...store,
      layers: {
        ...store.layers,
        makeTrees: (...request) =>
          thenFail(() => store.layers.makeTrees(...request)),
      },
    };
    await assertLeavesNothing(broken, BrokenStepError);
  });
  await step("replaces what a crash has left of a layer", async (store) => {
    using files = new StagedFiles();
    store.layers.makeTrees([{ id: layerId("a") }], files);
    await stackLayers(store, "a");
    assertEquals(await faultsOf(store, "a"), []);
  });
  await step("deletes layers, from the topmost", async (store) => {
    await stackLayers(store, "a", "b");
    for (const start of ["b", "a"]) await remove(store, start);
    assertEquals(await faultsOf(store, "a"), ["tree"]);
    store.layers.removeTree(layerId("a")); // once more is no error
    await assertRejects(() => remove(store, "a"), LayerNotFoundError);
    using held = await store.lock({ layers: "read" });
    assertEquals(held.layers.records, []);
  });
  await step("deletes no layer that is needed", async (store) => {
    await stackLayers(store, "a", "b", "c");
    {
      using held = await store.lock({ images: "write", containers: "write" });
      held.images.add({ ...imageRecord("1"), layer: layerId("b") });
      held.images.save();
      held.containers.add({
        id: parseContainerId("web"),
        image: imageRecord("1").id,
        layer: layerId("c"),
        created: "",
      });
      held.containers.save();
    }
    const users = {
      a: [`layer "${layerId("b")}"`],
      b: [`layer "${layerId("c")}"`, `image "${imageRecord("1").id}"`],
      c: ['container "web"'],
    };
    for (const [start, expected] of Object.entries(users)) {
      const error = await assertRejects(() => remove(store, start), InUseError);
      assertEquals(error.users, expected);
      assertEquals(await faultsOf(store, start), []);
    }
  });
  await step("distinguishes a lost tree from a lost archive", async (store) => {
    await stackLayers(store, "a", "b");
    const digest = { "diff-digest": `sha256:${layerId("a")}` } as const;
    assertEquals(await faultsOf(store, "a", digest), ["archive"]);
    using held = await store.lock({ layers: "write" });
    const record = held.layers.get(layerId("a"));
    if (record !== undefined) held.layers.update({ ...record, ...digest });
    await requireUsable(store.layers, held.layers, layerId("b"));
    store.layers.removeTree(layerId("a"));
    await assertRejects(
      () => requireUsable(store.layers, held.layers, layerId("b")),
      DamagedFileError,
      "Cannot use layer",
    );
  });
});

/** Of a layer that cannot be put on `a`. */
async function assertLeavesNothing(
  store: Store,
  reason: typeof BrokenStepError | typeof DamagedFileError,
): Promise<void> {
  {
    using held = await store.lock({ layers: "write" });
    const layer = { id: layerId("b"), parent: layerId("a"), names: ["web"] };
    await assertRejects(() => createLayer(store, held.layers, layer), reason);
  }
  using held = await store.lock({ layers: "read" });
  assertEquals(held.layers.records.map(({ id }) => id), [layerId("a")]);
  assertEquals(held.layers.getByName("web"), undefined);
  assertEquals(await faultsOf(store, "b"), ["tree"]);
}

async function remove(store: Store, start: string): Promise<void> {
  await using trash = openTrash(store);
  using held = await store.lock(WRITE_LOCKS);
  deleteLayer(store, held, { id: layerId(start), trash });
}
