import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { takeLibc } from "../../../src/process/bind_libc.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import { openStore } from "../../../src/store/open_store.ts";
import {
  attachmentsDirectory,
  downloadsDirectory,
  exitsDirectory,
} from "../../../src/store/paths.ts";
import { findOrphans } from "../../../src/store/recovery/find_orphans.ts";
import type { Store } from "../../../src/store/store.ts";
import { idOf } from "../../support/images/small_layers.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { holdLock } from "../../support/programs/lock_holder.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const LOCKS = {
  layers: "write",
  images: "write",
  containers: "write",
} as const;
const ID = idOf("gone");
const libc = takeLibc();
const ignore = needsThat(libc !== undefined, "libc cannot be bound").ignore ||
  needs("python3").ignore;

function storeIn(dir: TempDir): Store {
  return openStore({ root: dir.join("root"), runRoot: dir.join("run"), libc });
}

async function list(store: Store): Promise<readonly string[]> {
  using held = await store.lock(LOCKS);
  return findOrphans(store, held).map(({ kind, path }) =>
    `${kind} ${path.replace(store.paths.root, "").slice(0, 40)}`
  );
}

Deno.test("findOrphans() finds what no record names", async (t) => {
  const short = ID.slice(0, 12);
  const cases: readonly [string, (store: Store) => string, string][] = [
    ["layers", ({ paths }) => join(paths.home, ID, "diff"), "layer"],
    ["items of layers", ({ paths }) => join(paths.layers, ID), "layer"],
    ["items of images", ({ paths }) => join(paths.images, ID), "image"],
    ["containers", ({ paths }) => join(paths.containers, ID), "container"],
    ["run dirs", ({ paths }) => join(paths.runContainers, ID), "container"],
    ["ends", ({ paths }) => join(exitsDirectory(paths), ID), "container"],
    ["trials of mounts", ({ paths }) => join(paths.home, "compat12"), "probe"],
    [
      "podman's partial pulls",
      ({ paths }) => join(paths.home, "staging", "x"),
      "download",
    ],
  ];
  for (const [name, pathOf, kind] of cases) {
    // Whether podman is at work cannot be seen without libc.
    const skip = kind === "download" && libc === undefined;
    await t.step({
      name,
      ignore: skip,
      fn: async () => {
        using dir = tempDir();
        const store = storeIn(dir);
        mkdirSync(pathOf(store), { recursive: true });
        const [found, ...others] = await list(store);
        assert(found?.startsWith(`${kind} `), `${short}: ${found}`);
        assertEquals(others, []);
      },
    });
  }
});

Deno.test("findOrphans() finds files without a record", async () => {
  using dir = tempDir();
  const store = storeIn(dir);
  const { layers, images, links } = store.paths;
  writeFileSync(join(layers, `${ID}.tar-split.gz`), "");
  writeFileSync(join(images, ".tmp-images.json7"), "");
  symlinkSync(`../${ID}/diff`, join(links, "A".repeat(26)));
  const attachments = attachmentsDirectory(store.paths);
  mkdirSync(attachments, { recursive: true });
  writeFileSync(join(attachments, ".tmp-a.json7"), "");
  writeFileSync(join(attachments, "a.json"), "");
  const kinds = (await list(store)).map((line) => line.split(" ")[0]);
  assertEquals(kinds, ["tar-split", "temporary", "temporary", "link"]);
});

Deno.test("findOrphans() tells the age of downloads, and their layer", async () => {
  using dir = tempDir();
  const store = storeIn(dir);
  const path = join(downloadsDirectory(store.paths), ID);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "part");
  utimesSync(path, 1000, 1000);
  using held = await store.lock(LOCKS);
  assertEquals(findOrphans(store, held), [
    { kind: "download", path, changedMs: 1_000_000, layerId: ID },
  ]);
});

Deno.test("findOrphans() finds nothing in a store that is whole", async () => {
  using dir = tempDir();
  const store = storeIn(dir);
  {
    using held = await store.lock(LOCKS);
    await createLayer(store, held.layers, { id: ID });
  }
  await using _staging = store.openStaging();
  assertEquals(await list(store), []);
});

Deno.test("findOrphans() takes files for empty where a folder must be", async () => {
  using dir = tempDir();
  const { paths } = storeIn(dir);
  const places = [
    join(paths.home, "staging"),
    join(paths.home, "tempdirs"),
    join(paths.root, "orlop"),
    ...["runs", "pulls", "leases", "runtimes"].map((name) =>
      join(paths.runRoot, "orlop", name)
    ),
  ];
  mkdirSync(join(paths.runRoot, "orlop"), { recursive: true });
  for (const place of places) {
    rmSync(place, { recursive: true, force: true });
    writeFileSync(place, "");
  }
  assertEquals(await list(storeIn(dir)), []);
});

Deno.test("findOrphans() leaves alone a partial pull of another program", {
  ignore,
}, async () => {
  using dir = tempDir();
  const store = storeIn(dir);
  const pull = join(store.paths.home, "staging", "x");
  mkdirSync(pull, { recursive: true });
  const lock = join(pull, "staging.lock");
  writeFileSync(lock, "");
  {
    await using _pull = await holdLock(lock, { style: "posix", kind: "write" });
    assertEquals(await list(store), []);
  }
  assertEquals((await list(store)).length, 1);
});
