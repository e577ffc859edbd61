/** What every place for containers promises, with their records. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  DuplicateIdError,
  DuplicateNameError,
} from "../../src/errors/naming_errors.ts";
import { parseContainerId } from "../../src/formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../src/formats/storage/store_record.ts";
import { StagedFiles } from "../../src/fs/staged_files.ts";
import {
  deleteContainers,
  isUnfinished,
} from "../../src/store/delete_container.ts";
import { lastUseOf } from "../../src/store/image_records.ts";
import { requireUsable } from "../../src/store/layers/require_usable.ts";
import { openTrash } from "../../src/store/layers/trash.ts";
import {
  addContainer,
  checkIsFree,
  completeContainers,
  makeContainers,
} from "../../src/store/put_container.ts";
import { WRITE_LOCKS } from "../../src/store/records/tables.ts";
import type { Store } from "../../src/store/store.ts";
import {
  BrokenStepError,
  imageRecord,
  layerId,
  stackLayers,
  type StoreSuite,
  storeSuite,
  thenFail,
} from "./test_store.ts";

const TEXTS = { "config.json": "{}", "note.json": "[]" };

/** Tries the contract, a step a promise. */
export const testContainerStore: StoreSuite = storeSuite(async (step) => {
  await step("creates containers that are whole", async (store) => {
    await putBase(store);
    await create(store, "web", "db");
    using held = await store.lock({
      layers: "read",
      images: "read",
      containers: "read",
    });
    const containers = held.containers.records;
    assertEquals(
      containers.map(({ id }) => id),
      ["web", "db"].map(parseContainerId),
    );
    assertEquals(containers.map(isUnfinished), [false, false]);
    assertEquals(held.containers.getByName("web")?.metadata, "of web");
    for (const { id, layer } of containers) {
      assertEquals(held.layers.getByName(`${id}-layer`)?.id, layer);
      assertEquals(held.layers.get(layer)?.parent, layerId("a"));
      await requireUsable(store.layers, held.layers, layer);
      assertEquals(textsOf(store, id), ["{}", "[]"]);
    }
    const [image] = held.images.records;
    assert(image && lastUseOf(image)); // a cleanup spares it for a while
  });
  await step("has no texts before they are committed", async (store) => {
    using files = new StagedFiles();
    const id = parseContainerId("web");
    const { dir, runDir } = store.containers.makeDirectories(id);
    assert(dir !== runDir);
    store.containers.writeTexts(id, TEXTS, files);
    assertEquals(textsOf(store, id), [undefined, undefined]);
    await files.commit();
    assertEquals(textsOf(store, id), ["{}", "[]"]);
    assertEquals(store.containers.readText(id, "other.json"), undefined);
    store.containers.makeDirectories(id); // which are there
    assertEquals(textsOf(store, id), ["{}", "[]"]);
  });
  await step("refuses IDs and names that are taken", async (store) => {
    await putBase(store);
    await create(store, "web");
    using held = await store.lock(WRITE_LOCKS);
    const check = (id: string, ...names: readonly string[]) => () =>
      checkIsFree(held, { id: parseContainerId(id), names });
    assertThrows(check("web", "other"), DuplicateIdError);
    assertThrows(check("other", "new", "web"), DuplicateNameError);
    check("other", "new")();
    const [layer] = held.layers.records;
    if (layer) held.layers.update({ ...layer, names: ["new-layer"] });
    assertThrows(check("other", "new"), DuplicateNameError);
  });
  await step("leaves nothing where a step fails", async (store) => {
    await putBase(store);
    await create(store, "first");
    const steps: Record<string, Partial<Store>> = {
      layers: {
        layers: {
          ...store.layers,
          makeTrees: (...request) =>
            thenFail(() => store.layers.makeTrees(...request)),
        },
      },
      directories: {
        containers: {
          ...store.containers,
          makeDirectories: (...request) =>
            thenFail(() => store.containers.makeDirectories(...request)),
        },
      },
      "the last file": {
        containers: {
          ...store.containers,
          writeTexts(id, texts, files) {
            files.afterwards(() => thenFail(() => {}));
            store.containers.writeTexts(id, texts, files);
          },
        },
      },
    };
    for (const [what, broken] of Object.entries(steps)) {
      const run = () => create({ ...store, ...broken }, "web", "db");
      await assertRejects(run, BrokenStepError, undefined, what);
      using held = await store.lock(WRITE_LOCKS);
      assertEquals(held.containers.records.map(({ id }) => `${id}`), ["first"]);
      assertEquals(held.layers.records.length, 2);
      for (const id of ["web", "db"].map(parseContainerId)) {
        assertEquals(textsOf(store, id), [undefined, undefined], what);
      }
    }
    await create(store, "web", "db"); // nothing is in the way
  });
  await step("deletes containers, and no others", async (store) => {
    await putBase(store);
    await create(store, "web", "db", "cache");
    const [web, db, cache] = ["web", "db", "cache"].map(parseContainerId);
    await remove(store, "web", "db");
    await remove(store, "web"); // once more is no error
    using held = await store.lock(WRITE_LOCKS);
    assertEquals(held.containers.records.map(({ id }) => id), [cache]);
    assertEquals(held.layers.records.length, 2);
    for (const id of [web, db]) {
      assertEquals(id && textsOf(store, id), [undefined, undefined]);
    }
    assertEquals(cache && textsOf(store, cache), ["{}", "[]"]);
    assertEquals(held.images.records.length, 1); // they were made of
  });
});

function textsOf(
  store: Store,
  id: ContainerRecord["id"],
): readonly (string | undefined)[] {
  return Object.keys(TEXTS).map((name) => store.containers.readText(id, name));
}

/** An image of one layer. */
async function putBase(store: Store): Promise<void> {
  await stackLayers(store, "a");
  using held = await store.lock({ images: "write" });
  held.images.add({ ...imageRecord("1"), layer: layerId("a") });
  held.images.save();
}

/** As the engine does: all together, or none. */
async function create(
  store: Store,
  ...names: readonly string[]
): Promise<void> {
  await using trash = openTrash(store);
  using held = await store.lock(WRITE_LOCKS);
  const [image] = held.images.records;
  assert(image);
  const records = names.map((name) =>
    addContainer(held, {
      id: parseContainerId(name),
      names: [name],
      image,
      metadata: `of ${name}`,
    })
  );
  const ids = records.map(({ id }) => id);
  try {
    using files = new StagedFiles();
    makeContainers(store, held, { records, files });
    for (const id of ids) {
      store.containers.makeDirectories(id);
      store.containers.writeTexts(id, TEXTS, files);
    }
    await files.commit();
    completeContainers(held, ids);
  } catch (error) {
    await deleteContainers(store, held, { ids, trash });
    throw error;
  }
}

async function remove(
  store: Store,
  ...names: readonly string[]
): Promise<void> {
  await using trash = openTrash(store);
  using held = await store.lock(WRITE_LOCKS);
  await deleteContainers(store, held, {
    ids: names.map(parseContainerId),
    trash,
  });
}
