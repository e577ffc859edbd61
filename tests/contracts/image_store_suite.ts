/** What every place for images promises, with their records. */

import { assertEquals, assertRejects } from "@std/assert";
import { InUseError } from "../../src/errors/store_errors.ts";
import { toBytes, toText } from "../../src/formats/bytes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { nameOf, parseReference } from "../../src/formats/oci/reference.ts";
import { parseContainerId } from "../../src/formats/storage/store_ids.ts";
import { deleteImages } from "../../src/store/delete_image.ts";
import { openTrash } from "../../src/store/layers/trash.ts";
import { putImage } from "../../src/store/put_image.ts";
import { WRITE_LOCKS } from "../../src/store/records/tables.ts";
import type { Store } from "../../src/store/store.ts";
import {
  BrokenStepError,
  faultsOf,
  imageId,
  layerId,
  stackLayers,
  type StoreSuite,
  storeSuite,
  thenFail,
} from "./test_store.ts";

/** Tries the contract, a step a promise. */
export const testImageStore: StoreSuite = storeSuite(async (step) => {
  await step(
    "puts images: a record, and items that it names",
    async (store) => {
      await put(store, "1", {
        names: ["app"],
        items: { manifest: "{}", "m:1": "" },
      });
      using held = await store.lock({ images: "read" });
      const image = held.images.getByName(fullName("app"));
      assertEquals(image?.id, imageId("1"));
      assertEquals(image?.["big-data-names"], ["manifest", "m:1"]);
      assertEquals(image?.["big-data-sizes"], { "m:1": 0, manifest: 2 });
      assertEquals(read(store, "1", "manifest"), "{}");
      assertEquals(read(store, "1", "m:1"), "");
      assertEquals(read(store, "1", "config"), undefined);
      assertEquals(read(store, "2", "manifest"), undefined);
    },
  );
  await step("gives what can be changed without harm", async (store) => {
    await put(store, "1", { items: { manifest: "{}" } });
    store.images.readItem(imageId("1"), "manifest")?.fill(0);
    assertEquals(read(store, "1", "manifest"), "{}");
  });
  await step("keeps what an image had when it is put again", async (store) => {
    await put(store, "1", { names: ["one"], items: { a: "1", b: "2" } });
    await put(store, "1", { names: ["two"], items: { b: "3", c: "4" } });
    const texts = ["a", "b", "c"].map((key) => read(store, "1", key));
    assertEquals(texts, ["1", "3", "4"]);
    using held = await store.lock({ images: "read" });
    const { names, "big-data-digests": digests } =
      held.images.get(imageId("1")) ?? {};
    assertEquals(names, ["two", "one"].map(fullName));
    assertEquals(digests?.["b"], digestOf(toBytes("3")));
  });
  await step("moves names to the image that was put last", async (store) => {
    await put(store, "1", { names: ["app", "own"] });
    await put(store, "2", { names: ["app"] });
    using held = await store.lock({ images: "read" });
    assertEquals(held.images.getByName(fullName("app"))?.id, imageId("2"));
    const old = held.images.get(imageId("1"));
    assertEquals(old?.names, [fullName("own")]);
    assertEquals(old?.["names-history"], ["own", "app"].map(fullName));
  });
  await step("has no image whose items could not be written", async (store) => {
    await assertRejects(
      () => put(store, "1", { items: { "": "" } }),
      TypeError,
    );
    const broken: Store = {
      ...store,
      images: {
        ...store.images,
        writeItems: (image) => thenFail(() => store.images.writeItems(image)),
      },
    };
    const write = () => put(broken, "1", { names: ["app"] });
    await assertRejects(write, BrokenStepError);
    using held = await store.lock({ images: "read" });
    assertEquals(held.images.records, []);
  });
  await step("deletes images, and layers that none needs", async (store) => {
    await stackLayers(store, "a", "b");
    await stackLayers(store, "c");
    await put(store, "1", { layer: "b", items: { manifest: "{}" } });
    await put(store, "2", { layer: "a", items: { manifest: "{}" } });
    await put(store, "3", { layer: "c" });
    assertEquals(await remove(store, ["1"]), [layerId("b")]);
    assertEquals(read(store, "1", "manifest"), undefined);
    assertEquals(read(store, "2", "manifest"), "{}");
    const keep = new Set([layerId("a")]);
    assertEquals(await remove(store, ["2", "3"], keep), [layerId("c")]);
    using held = await store.lock({ layers: "read", images: "read" });
    assertEquals(held.images.records, []);
    assertEquals(held.layers.records.map(({ id }) => id), [layerId("a")]);
    store.images.removeItems(imageId("1")); // once more is no error
  });
  await step("deletes all or none, if one is used", async (store) => {
    await stackLayers(store, "a");
    await put(store, "1", { layer: "a", items: { manifest: "{}" } });
    await put(store, "2", {});
    {
      using held = await store.lock({ containers: "write" });
      held.containers.add({
        id: parseContainerId("web"),
        image: imageId("2"),
        layer: layerId("b"),
        created: "",
      });
      held.containers.save();
    }
    const error = await assertRejects(
      () => remove(store, ["1", "2"]),
      InUseError,
    );
    assertEquals(error.users, ["web"]);
    using held = await store.lock({ images: "read" });
    assertEquals(
      held.images.records.map(({ id }) => id),
      ["1", "2"].map(imageId),
    );
    assertEquals(read(store, "1", "manifest"), "{}");
    assertEquals(await faultsOf(store, "a"), []);
  });
});

function fullName(name: string) {
  return nameOf(parseReference(`localhost/${name}:1`));
}

function read(store: Store, start: string, key: string): string | undefined {
  const item = store.images.readItem(imageId(start), key);
  return item && toText(item);
}

async function put(
  store: Store,
  start: string,
  { names = [], layer, items = {} }: {
    readonly names?: readonly string[];
    readonly layer?: string;
    readonly items?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  using held = await store.lock({ layers: "read", images: "write" });
  putImage(store, held.images, {
    id: imageId(start),
    names: names.map(fullName),
    layer: layer === undefined ? undefined : layerId(layer),
    digest: digestOf(toBytes(start)),
    items: Object.entries(items).map(([key, text]) => [key, toBytes(text)]),
    created: "2026-01-02T03:04:05Z",
  });
}

async function remove(
  store: Store,
  starts: readonly string[],
  keep?: ReadonlySet<string>,
): Promise<readonly string[]> {
  await using trash = openTrash(store);
  using held = await store.lock(WRITE_LOCKS);
  const images = starts.flatMap((start) =>
    held.images.get(imageId(start)) ?? []
  );
  return deleteImages(store, held, { images, trash, ...keep && { keep } });
}
