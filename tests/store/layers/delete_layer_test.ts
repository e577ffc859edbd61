import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { LayerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import type { Libc } from "../../../src/process/libc.ts";
import {
  deleteLayer,
  findLayerUsers,
  removeFilesFirst,
} from "../../../src/store/layers/delete_layer.ts";
import {
  layerDirectory,
  type StorePaths,
  tarSplitPath,
} from "../../../src/store/paths.ts";
import {
  idOf,
  putLayer,
  putSmallImage,
} from "../../support/images/small_layers.ts";
import { storeAgent } from "../../support/store_agent.ts";

function linkOf(paths: StorePaths, name: string): string {
  const link = join(layerDirectory(paths, idOf(name)), "link");
  return join(paths.links, readFileSync(link, "utf8"));
}

const LOCKS = {
  layers: "write",
  images: "write",
  containers: "write",
} as const;

Deno.test("deleteLayer() leaves nothing of a layer", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  const { paths } = store;
  await putLayer(store, "x");
  mkdirSync(join(paths.layers, idOf("x"))); // big data of other tools
  for (const path of [tarSplitPath(paths, idOf("x")), linkOf(paths, "x")]) {
    rmSync(path, { force: true });
    mkdirSync(path); // a folder in the place of a file
  }
  {
    await using trash = store.openStaging();
    using held = await store.lock(LOCKS);
    deleteLayer(store, held, { id: idOf("x"), trash });
  }
  assertEquals(readdirSync(paths.home).sort(), [".has-mount-program", "l"]);
  assertEquals(readdirSync(paths.links), []);
  assertEquals(readdirSync(paths.layers).sort(), [
    "layers.json",
    "layers.json.orlop-backup",
    "layers.lock",
  ]);
  const text = readFileSync(join(paths.layers, "layers.json"), "utf8");
  assertEquals(text, "[]");
});

Deno.test("deleteLayer() refuses a layer that is needed, and says by whom", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  await putLayer(store, "base");
  await putLayer(store, "top", "base");
  const imageId = await putSmallImage(store, "i", { top: "top" });
  await using trash = store.openStaging();
  using held = await store.lock(LOCKS);
  held.containers.add({
    id: parseContainerId("c"),
    image: imageId,
    layer: idOf("top"),
    created: "",
  });
  const expected = {
    base: [`layer "${idOf("top")}"`],
    top: [`image "${imageId}"`, `container "c"`],
  };
  for (const [name, users] of Object.entries(expected)) {
    const layer = { id: idOf(name), trash };
    const error = assertThrows(
      () => deleteLayer(store, held, layer),
      InUseError,
    );
    assertEquals(error.users, users);
  }
  assertThrows(
    () => deleteLayer(store, held, { id: idOf("unknown"), trash }),
    LayerNotFoundError,
  );
});

Deno.test("removeFilesFirst() removes files as long as space is low", async (t) => {
  // How often the disk seems full, and what is left then.
  const cases: readonly (readonly [number, readonly string[]])[] = [
    [0, ["x list", "y list", "x files", "y files"]],
    [1, ["y list", "x files", "y files"]],
    [2, ["x files", "y files"]],
    [3, ["y files"]],
    [4, []],
    [9, []],
  ];
  for (const [times, expected] of cases) {
    await t.step(`${times} times`, async () => {
      using test = storeAgent();
      const { paths } = test.agent.store;
      const files: Record<string, string> = {};
      for (const name of ["x", "y"]) {
        await putLayer(test.agent.store, name);
        const diff = join(layerDirectory(paths, idOf(name)), "diff");
        writeFileSync(join(diff, "file"), "");
        files[`${name} files`] = diff;
        files[`${name} list`] = tarSplitPath(paths, idOf(name));
      }
      let asked = 0;
      const answers = {
        readSpace: () => ({
          ...{ free: asked++ < times ? 0 : 1e12, inodes: 0, freeInodes: 0 },
        }),
      };
      // Nothing else of it is asked for.
      const libc = answers as unknown as Libc;
      removeFilesFirst({ paths, libc }, [idOf("x"), idOf("y")]);
      const left = ["x list", "y list", "x files", "y files"]
        .filter((name) => existsSync(files[name] ?? ""));
      assertEquals(left, expected);
      assertEquals(asked, Math.min(times + 1, 4));
    });
  }
});

Deno.test("findLayerUsers() finds copies of a layer, too", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  await putLayer(store, "base");
  await putLayer(store, "copy");
  const imageId = await putSmallImage(store, "i", { top: "base" });
  using held = await store.lock(LOCKS);
  const image = held.images.get(imageId);
  if (image === undefined) throw new Error("no image");
  held.images.update({ ...image, "mapped-layers": [idOf("copy")] });
  assertEquals(findLayerUsers(held, idOf("copy")), [
    { kind: "image", id: imageId },
  ]);
  assertEquals(findLayerUsers(held, idOf("none")), []);
});
