import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { basename, join } from "@std/path";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { INCOMPLETE, REMOVED } from "../../../src/store/put_container.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import {
  imageDirectory,
  layerDirectory,
  workDirectory,
} from "../../../src/store/paths.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  idOf,
  putLayer,
  putSmallImage,
} from "../../support/images/small_layers.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ALL = { layers: "write", images: "write", containers: "write" } as const;
const WHOLE = { storage: "write", ...ALL } as const;
const C = parseContainerId("c".repeat(64));

interface StoreCase {
  readonly name: string;
  /** What happens to a store with an image "a", a layer "b", a container. */
  readonly change: (store: Store) => void;
  /** The file that is named; left out, there is no doubt. */
  readonly inconsistency?: string;
}

const layersFile = ({ paths }: Store) => join(paths.layers, "layers.json");
const imagesFile = ({ paths }: Store) => join(paths.images, "images.json");
const containersFile = ({ paths }: Store) =>
  join(paths.containers, "containers.json");

type Edit = (
  records: readonly Record<string, unknown>[],
) => readonly Record<string, unknown>[];

/** Changes records without a lock, as an editor or a backup does. */
function edit(path: string, change: Edit): void {
  const records = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify(change(records)));
}

/** As another tool does: records, and a token of its own. */
function editAsOther(path: string, change: Edit = (records) => records): void {
  edit(path, change);
  writeFileSync(path.replace(/\.json$/, ".lock"), new Uint8Array(64).fill(7));
}

/** Says that a layer is being made, or deleted. */
const marking = (id: string): Edit => (records) =>
  records.map((record) =>
    record["id"] === id ? { ...record, flags: { incomplete: true } } : record
  );

const without = (id: string): Edit => (records) =>
  records.filter((record) => record["id"] !== id);

/** A store with an image, a layer without one, and a container with a file. */
async function fill(store: Store): Promise<void> {
  await putSmallImage(store, "a");
  await putLayer(store, "b", "a-layer");
  using held = await store.lock(WHOLE);
  const layer = await createLayer(store, held.layers, {
    id: idOf("own"),
    parent: idOf("b"),
    names: ["c-layer"],
  });
  writeFileSync(join(layerDirectory(store.paths, layer.id), "diff", "x"), "x");
  const [image] = held.images.records;
  if (image === undefined) throw new Error("no image");
  mkdirSync(workDirectory(store.paths, C), { recursive: true });
  writeFileSync(join(workDirectory(store.paths, C), "config.json"), "{}");
  held.containers.add({
    ...{ id: C, image: image.id, layer: layer.id, names: ["c"] },
    created: "2026-11-24T06:35:19Z",
  });
  held.containers.save();
}

const NORMAL: readonly StoreCase[] = [
  { name: "nothing", change: () => {} },
  {
    name: "records that another tool has written",
    change: (store) => {
      editAsOther(layersFile(store));
      editAsOther(imagesFile(store));
      editAsOther(containersFile(store));
    },
  },
  {
    name: "times that were changed by hand, and leftovers",
    change: (store) => {
      edit(
        layersFile(store),
        (records) =>
          records.map((record) => ({
            ...record,
            created: "2020-01-01T00:00:00Z",
          })),
      );
      mkdirSync(join(store.paths.home, idOf("left"), "diff"), {
        recursive: true,
      });
    },
  },
  {
    name: "layers of a transient store, after a reboot",
    change: (store) => {
      const left = layerDirectory(store.paths, idOf("left"));
      mkdirSync(join(left, "diff", "x"), { recursive: true });
      writeFileSync(join(left, "link"), "A".repeat(26));
      editAsOther(layersFile(store));
    },
  },
  {
    name: "items of an image that was never recorded",
    change: (store) => {
      const left = join(store.paths.images, idOf("left"));
      mkdirSync(left);
      writeFileSync(join(left, "manifest"), "{}");
      chmodSync(left, 0o1700);
      editAsOther(imagesFile(store));
    },
  },
  {
    name: "an image's items after its removal",
    change: ({ paths }) => {
      mkdirSync(join(paths.images, idOf("left")));
      writeFileSync(join(paths.images, idOf("left"), "manifest"), "{}");
    },
  },
  {
    name: "directories of other programs",
    change: ({ paths }) => {
      for (const directory of [paths.home, paths.images, paths.containers]) {
        mkdirSync(join(directory, "lost+found"));
        mkdirSync(join(directory, idOf("left")));
      }
    },
  },
  {
    name: "an empty layer whose container was not made",
    change: (store) => {
      rmSync(join(layerDirectory(store.paths, idOf("own")), "diff", "x"));
      rmSync(join(store.paths.containers, C), { recursive: true });
      editAsOther(containersFile(store), () => []);
    },
  },
  {
    name: "a container whose layer is gone, record and directory",
    change: (store) => {
      rmSync(layerDirectory(store.paths, idOf("own")), { recursive: true });
      editAsOther(layersFile(store), without(idOf("own")));
    },
  },
  {
    name: "a container of an image, and its layers, that another store has",
    change: (store) => {
      rmSync(store.paths.images, { recursive: true });
      for (const name of ["a-layer", "b"]) {
        rmSync(layerDirectory(store.paths, idOf(name)), { recursive: true });
        editAsOther(layersFile(store), without(idOf(name)));
      }
    },
  },
  {
    name: "an image whose layers are gone, records and directories",
    change: (store) => {
      for (const name of ["a-layer", "b", "own"]) {
        rmSync(layerDirectory(store.paths, idOf(name)), { recursive: true });
      }
      editAsOther(layersFile(store), () => []);
      editAsOther(containersFile(store), () => []);
      rmSync(join(store.paths.containers, C), { recursive: true });
    },
  },
  {
    name: "a container that is half made",
    change: (store) =>
      edit(containersFile(store), (records) =>
        records.map((record) => ({
          ...record,
          layer: idOf("never"),
          flags: { [INCOMPLETE]: true },
        }))),
  },
  {
    name: "a container that has written files, and is half removed",
    change: (store) =>
      edit(containersFile(store), (records) =>
        records.map((record) => ({
          ...record,
          flags: { [INCOMPLETE]: true, [REMOVED]: true },
        }))),
  },
  {
    name: "an image's layer that another tool was deleting",
    change: (store) => editAsOther(layersFile(store), marking(idOf("a-layer"))),
  },
  {
    name: "a layer that was being made, and that nobody needs",
    change: (store) => edit(layersFile(store), marking(idOf("own"))),
  },
  {
    name: "files in the place of directories that nobody has a record of",
    change: (store) => {
      const { paths } = store;
      for (const parent of [paths.home, paths.images, paths.containers]) {
        writeFileSync(join(parent, idOf("left")), "");
      }
      mkdirSync(join(paths.containers, idOf("other")));
      mkdirSync(join(paths.images, idOf("other")));
      for (const fileOf of [layersFile, imagesFile, containersFile]) {
        editAsOther(fileOf(store));
      }
    },
  },
  {
    name: "a directory of a layer that is gone",
    change: ({ paths }) =>
      rmSync(layerDirectory(paths, idOf("b")), { recursive: true }),
  },
];

const INCONSISTENT: readonly StoreCase[] = [
  {
    name: "a layer of an image that has no record",
    change: (store) => editAsOther(layersFile(store), without(idOf("a-layer"))),
    inconsistency: "layers.json",
  },
  {
    name: "a layer of a layer that has none",
    change: (store) => editAsOther(layersFile(store), without(idOf("b"))),
    inconsistency: "layers.json",
  },
  {
    name: "a container's layer that has none",
    change: (store) => edit(layersFile(store), without(idOf("own"))),
    inconsistency: "layers.json",
  },
  {
    name: "an image of a container that has none",
    change: (store) => editAsOther(imagesFile(store), () => []),
    inconsistency: "images.json",
  },
  {
    name: "a container that has none, as another tool left it",
    change: (store) => editAsOther(containersFile(store), () => []),
    inconsistency: "containers.json",
  },
  {
    name: "a container that has none, and no directory either",
    change: (store) => {
      rmSync(store.paths.containers, { recursive: true });
    },
    inconsistency: "containers.json",
  },
  {
    name: "a container that has written files, as it was while it was made",
    change: (store) =>
      edit(
        containersFile(store),
        (records) =>
          records.map((record) => ({
            ...record,
            flags: { [INCOMPLETE]: true },
          })),
      ),
    inconsistency: "containers.json",
  },
  {
    name: "an image's layer, as it was while it was made",
    change: (store) => edit(layersFile(store), marking(idOf("a-layer"))),
    inconsistency: "layers.json",
  },
  {
    name: "a container's lower layer, as it was while it was made",
    change: (store) => edit(layersFile(store), marking(idOf("b"))),
    inconsistency: "layers.json",
  },
  {
    name: "all tables restored from a time when there was less",
    change: (store) => {
      edit(containersFile(store), () => []);
      edit(imagesFile(store), () => []);
      edit(layersFile(store), without(idOf("own")));
    },
    inconsistency: "layers.json",
  },
  {
    name: "no tables at all",
    change: ({ paths }) => {
      rmSync(paths.containers, { recursive: true });
      rmSync(paths.images, { recursive: true });
      rmSync(paths.layers, { recursive: true });
    },
    inconsistency: "layers.json",
  },
  {
    name: "one table in the place of another",
    change: (store) =>
      writeFileSync(layersFile(store), readFileSync(imagesFile(store))),
    inconsistency: "layers.json",
  },
  {
    name: "a home whose file system is not mounted",
    change: ({ paths }) => {
      renameSync(paths.home, `${paths.home}.away`);
      mkdirSync(paths.home);
    },
    inconsistency: "layers.json",
  },
  {
    name: "containers of a transient store",
    change: ({ paths }) =>
      writeFileSync(
        join(paths.runContainers, "volatile-containers.json"),
        `[{"id":"${C}"}]`,
      ),
    inconsistency: "volatile-containers.json",
  },
  {
    name: "a container that has none, and a file for its directory",
    change: (store) => {
      const directory = workDirectory(store.paths, C);
      rmSync(directory, { recursive: true });
      writeFileSync(directory, "mine");
      editAsOther(containersFile(store), () => []);
    },
    inconsistency: "containers.json",
  },
  {
    name: "no image at all, nor its directory, of a container and its layers",
    change: (store) => {
      rmSync(store.paths.images, { recursive: true });
    },
    inconsistency: "images.json",
  },
  ...["a-layer", "b"].map((layer) => ({
    name: `a container that has layer "${layer}" of others`,
    change: (store: Store) =>
      editAsOther(
        containersFile(store),
        (records) =>
          records.map((record) => ({ ...record, layer: idOf(layer) })),
      ),
    inconsistency: "containers.json",
  })),
  {
    name: "two containers that have one layer",
    change: (store) =>
      editAsOther(containersFile(store), (records) => [
        ...records,
        ...records.map((record) => ({ ...record, id: idOf("d"), names: [] })),
      ]),
    inconsistency: "containers.json",
  },
  {
    name: "an image that has a container's layer among those for its users",
    change: (store) =>
      editAsOther(imagesFile(store), (records) =>
        records.map((record) => ({
          ...record,
          "mapped-layers": [idOf("own")],
        }))),
    inconsistency: "containers.json",
  },
];

/** Each has an ID twice: whoever saves the records would lose one. */
Deno.test("lock() refuses to choose between records of one ID", async (t) => {
  for (const fileOf of [layersFile, imagesFile, containersFile]) {
    using test = storeAgent();
    await fill(test.agent.store);
    const path = fileOf(test.agent.store);
    await t.step(basename(path), async () => {
      editAsOther(path, (records) => [...records, { ...records[0] }]);
      const text = readFileSync(path, "utf8");
      const { store } = test.reopen();
      const error = await assertRejects(
        () => store.lock(ALL),
        DamagedStoreError,
        "is there twice; nothing was changed",
      );
      assertEquals([error.path, readFileSync(path, "utf8")], [path, text]);
    });
  }
});

Deno.test("lock() does not report normal states as damage", async (t) => {
  for (const { name, change } of NORMAL) {
    await t.step(name, async () => {
      using test = storeAgent();
      await fill(test.agent.store);
      change(test.agent.store);
      using held = await test.reopen().store.lock(ALL);
      assertEquals([held.faults, test.messages], [[], []]);
    });
  }
});

Deno.test("lock() refuses to write to an inconsistent store", async (t) => {
  for (const { name, change, inconsistency = "" } of INCONSISTENT) {
    await t.step(name, async () => {
      using test = storeAgent();
      await fill(test.agent.store);
      change(test.agent.store);
      const { store } = test.reopen();
      const some = [ALL, { layers: "write" }, { images: "write" }];
      for (const wanted of [WHOLE, ...some]) {
        const error = await assertRejects(
          () => store.lock(wanted as typeof ALL),
          DamagedStoreError,
          "nothing was changed",
        );
        assertStringIncludes(error.message, "Cannot use store ");
        assertStringIncludes(error.path, `/${inconsistency}`);
      }
      using held = await store.lock({ layers: "read" }, { purpose: "read" });
      const messages = held.faults.map(({ message }) => message);
      assertStringIncludes(messages.join("\n"), inconsistency);
    });
  }
});

Deno.test("lock() distinguishes who was killed from what was lost", async (t) => {
  await t.step("a token for a change that was never written", async () => {
    using test = storeAgent();
    const { store } = test.agent;
    const id = await putSmallImage(store, "a");
    {
      using held = await store.lock(ALL);
      held.images.remove(id);
      const path = imagesFile(store);
      const text = readFileSync(path);
      held.images.save();
      writeFileSync(path, text); // as if killed between token and file
    }
    using held = await test.reopen().store.lock(ALL);
    assertEquals(held.images.records.length, 1);
    assert(existsSync(imageDirectory(store.paths, id)));
  });
});
