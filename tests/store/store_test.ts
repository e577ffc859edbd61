import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import {
  DamagedStoreError,
  StoreBusyError,
  UnsupportedStoreError,
} from "../../src/errors/store_errors.ts";
import { parseContainerId } from "../../src/formats/storage/store_ids.ts";
import { INCOMPLETE } from "../../src/store/put_container.ts";
import { openStore } from "../../src/store/open_store.ts";
import {
  layerDirectory,
  runDirectory,
  tarSplitPath,
  workDirectory,
} from "../../src/store/paths.ts";
import type { Store } from "../../src/store/store.ts";
import {
  idOf,
  putLayer,
  putSmallImage,
} from "../support/images/small_layers.ts";
import { storeAgent } from "../support/store_agent.ts";
import { tempDir } from "../support/temp_dir.ts";

const ALL = { layers: "write", images: "write", containers: "write" } as const;
const C = parseContainerId("c".repeat(64));

/** Changes records as a program does that dies before it is done. */
function edit(
  path: string,
  change: (record: Record<string, unknown>) => unknown,
): void {
  const records = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify(records.map(change)));
}

function layersFile({ paths }: Store): string {
  return join(paths.layers, "layers.json");
}

Deno.test("openStore() makes a store, and opens it again", () => {
  using dir = tempDir();
  const location = { root: dir.join("a", "root"), runRoot: dir.join("run") };
  const { paths } = openStore(location);
  openStore(location);
  assertEquals(readdirSync(paths.root).sort(), [
    "overlay",
    "overlay-containers",
    "overlay-images",
    "overlay-layers",
  ]);
  assertEquals(readdirSync(paths.home).sort(), [".has-mount-program", "l"]);
  const marker = join(paths.home, ".has-mount-program");
  assertEquals(readFileSync(marker, "utf8"), "false");
});

Deno.test("openStore() refuses what it must not touch", async (t) => {
  using dir = tempDir();
  const runRoot = dir.join("run");
  mkdirSync(dir.join("old", "overlay2"), { recursive: true });
  const refused = [
    dir.join("old"),
    "relative",
    dir.join("a,b"),
    dir.join("a:b"),
    dir.join('a"b'),
    dir.join("a\\b"),
    dir.join("a\nb"),
    dir.join("a\x1bb"),
  ];
  for (const root of refused) {
    await t.step(JSON.stringify(root.slice(dir.path.length)), () => {
      assertThrows(() => openStore({ root, runRoot }), UnsupportedStoreError);
    });
  }
});

Deno.test("openStore() reports work that was left, and removes it", () => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  const left = join(paths.home, "tempdirs", "temp-dir-1");
  mkdirSync(left, { recursive: true });
  const other = join(paths.layers, "tmp", "temp-dir-2");
  mkdirSync(other, { recursive: true });
  test.reopen();
  assertEquals(test.messages, [
    `warn: Removed "${left}", left by a process that died`,
    `warn: Removed "${other}", left by a process that died`,
  ]);
  assertFalse(existsSync(join(paths.home, "tempdirs")));
});

Deno.test("lock() gives up after the time limit", async () => {
  using test = storeAgent({ lockTimeoutMs: 30 });
  const { store } = test.agent;
  using _held = await store.lock({ images: "write" });
  const error = await assertRejects(() => store.lock(ALL), StoreBusyError);
  assert(error.message.includes("images.lock"));
  // What was locked before the one that is busy is free again.
  using _layers = await store.lock({ layers: "write" });
});

Deno.test("lock() shows what can be read beside what is damaged", async () => {
  using test = storeAgent({ lockTimeoutMs: 30 });
  const { store } = test.agent;
  await putLayer(store, "x");
  const path = join(store.paths.images, "images.json");
  writeFileSync(path, "[{");
  for (const wanted of [ALL, { layers: "write" }] as const) {
    await assertRejects(() => store.lock(wanted), DamagedStoreError, path);
  }
  const all = { layers: "read", images: "read", containers: "read" } as const;
  await assertRejects(() => store.lock(all), DamagedStoreError, path);
  using held = await store.lock(all, { purpose: "read" });
  assertEquals([held.layers.records.length, held.images.records], [1, []]);
  const messages = held.faults.map(({ message }) => message);
  assert(messages[0]?.startsWith(`Cannot read "${path}": `), messages[0]);
  assertEquals(test.messages, messages.map((message) => `warn: ${message}`));
  assertEquals(held.faults[0]?.path, path);
});

Deno.test("lock() removes a layer whose maker died", async (t) => {
  for (const kind of ["read", "write"] as const) {
    await t.step(`seen by who locks to ${kind}`, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      await putLayer(store, "base");
      await putLayer(store, "top", "base");
      edit(
        layersFile(store),
        (record) =>
          record["id"] === idOf("top")
            ? { ...record, flags: { incomplete: true } }
            : record,
      );
      using held = await store.lock({ layers: kind });
      assertEquals(held.layers.records.map(({ id }) => id), [idOf("base")]);
      checkGone(store, "top");
      assertEquals(readdirSync(store.paths.links).length, 1);
    });
  }
});

Deno.test("lock() removes an incomplete layer of which nothing is there", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  const records = [{ id: idOf("x"), flags: { incomplete: true } }];
  writeFileSync(layersFile(store), JSON.stringify(records));
  using held = await store.lock({ layers: "read" });
  assertEquals(held.layers.records, []);
});

Deno.test("lock() leaves an incomplete layer to its maker", async () => {
  using test = storeAgent({ lockTimeoutMs: 50 });
  const { store } = test.agent;
  await putLayer(store, "x");
  using held = await store.lock({ layers: "write" });
  const record = held.layers.get(idOf("x"));
  assert(record);
  held.layers.update({ ...record, flags: { incomplete: true } });
  held.layers.save();
  await assertRejects(
    () => test.reopen().store.lock({ layers: "read" }),
    StoreBusyError,
  );
  assert(existsSync(layerDirectory(store.paths, idOf("x"))));
});

Deno.test("lock() finishes a layer's deletion wherever it was cut short", async (t) => {
  const steps: Record<string, (store: Store) => void> = {
    "marked only": () => {},
    "link removed": ({ paths }) => {
      for (const name of readdirSync(paths.links)) {
        rmSync(join(paths.links, name));
      }
    },
    "directory removed": ({ paths }) =>
      rmSync(layerDirectory(paths, idOf("x")), { recursive: true }),
    "tar-split removed": ({ paths }) => rmSync(tarSplitPath(paths, idOf("x"))),
  };
  for (const [name, cut] of Object.entries(steps)) {
    await t.step(name, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      await putLayer(store, "x");
      cut(store);
      edit(layersFile(store), (record) => ({
        ...record,
        flags: { incomplete: true },
      }));
      using held = await test.reopen().store.lock({ layers: "read" });
      assertEquals(held.layers.records, []);
      checkGone(store, "x");
    });
  }
});

Deno.test("lock() removes a container that is half there", async (t) => {
  const steps: Record<string, (store: Store) => void> = {
    "with its layer": () => {},
    "whose layer is incomplete": (store) =>
      edit(layersFile(store), (record) => ({
        ...record,
        flags: { incomplete: true },
      })),
    "whose layer is gone": (store) => {
      rmSync(layerDirectory(store.paths, idOf("x")), { recursive: true });
      writeFileSync(layersFile(store), "[]");
    },
    "whose folders are gone": ({ paths }) =>
      rmSync(join(workDirectory(paths, C), ".."), { recursive: true }),
  };
  for (const [name, cut] of Object.entries(steps)) {
    await t.step(name, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      const { paths } = store;
      await putLayer(store, "x");
      mkdirSync(workDirectory(paths, C), { recursive: true });
      mkdirSync(runDirectory(paths, C), { recursive: true });
      const flags = { [INCOMPLETE]: true };
      const record = { id: C, image: "", layer: idOf("x"), flags };
      writeFileSync(
        join(paths.containers, "containers.json"),
        JSON.stringify([record]),
      );
      cut(store);
      using held = await test.reopen().store.lock({ containers: "read" });
      assertEquals(held.containers.records, []);
      assertFalse(existsSync(join(paths.containers, C)));
      assertFalse(existsSync(join(paths.runContainers, C)));
      using other = await store.lock({ layers: "read" });
      assertEquals(other.layers.records, []);
    });
  }
});

Deno.test("two locks at once never see a half-made image", async () => {
  using test = storeAgent();
  const readers = Array.from({ length: 20 }, async (_, n) => {
    const { store } = test.reopen();
    if (n % 4 === 0) return await putSmallImage(store, `i${n}`);
    using held = await store.lock({ layers: "read", images: "read" });
    for (const { layer } of held.images.records) {
      assert(held.layers.get(layer));
    }
    return undefined;
  });
  await Promise.all(readers);
  using held = await test.agent.store.lock(ALL);
  assertEquals(held.images.records.length, 5);
  assertEquals(held.layers.records.length, 5);
});

function checkGone({ paths }: Store, name: string): void {
  assertFalse(existsSync(layerDirectory(paths, idOf(name))));
  assertFalse(existsSync(tarSplitPath(paths, idOf(name))));
}

Deno.test("openStore() follows symbolic links once, and names real paths", () => {
  using dir = tempDir();
  for (const name of ["disk", "ram"]) mkdirSync(dir.join(name));
  symlinkSync("disk", dir.join("data"));
  symlinkSync(dir.join("ram"), dir.join("run"));
  const { paths } = openStore({
    root: dir.join("data", "store"),
    runRoot: dir.join("run"),
  });
  assertEquals(paths.root, dir.join("disk", "store"));
  assertEquals(paths.home, dir.join("disk", "store", "overlay"));
  assertEquals(paths.runRoot, dir.join("ram"));
});

Deno.test("openStore() reports what is in the way, and makes nothing", async (t) => {
  using dir = tempDir();
  writeFileSync(dir.join("file"), "");
  symlinkSync("nowhere", dir.join("dangling"));
  symlinkSync("loop", dir.join("loop"));
  symlinkSync("/", dir.join("top"));
  mkdirSync(dir.join("a:b"));
  symlinkSync("a:b", dir.join("colon"));
  for (
    const [name, why] of [
      ["file", `"${dir.join("file")}" is not a directory`],
      ["file/below", `"${dir.join("file")}" is not a directory`],
      ["dangling", 'is a symbolic link to "nowhere", which is not there'],
      ["dangling/below", 'is a symbolic link to "nowhere", which is not there'],
      ["loop", 'is a symbolic link to "loop", which is not there'],
      ["top", "this is the root of all"],
      ["colon", "expected an absolute path without"],
    ] as const
  ) {
    await t.step(name, () => {
      const [root, runRoot] = [dir.join(name), dir.join("other")];
      for (
        const paths of [{ root, runRoot }, { root: runRoot, runRoot: root }]
      ) {
        const error = assertThrows(
          () => openStore(paths),
          UnsupportedStoreError,
          `Cannot open store "`,
        );
        assertStringIncludes(error.message, why);
        assert(!existsSync(dir.join("other")));
      }
    });
  }
});
