import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import type { Agent } from "../../../src/engine/agent.ts";
import { DuplicateIdError } from "../../../src/errors/naming_errors.ts";
import { LayerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import { layerDirectory, tarSplitPath } from "../../../src/store/paths.ts";
import {
  idOf,
  putLayer,
  stageContents,
} from "../../support/images/small_layers.ts";
import { storeAgent } from "../../support/store_agent.ts";

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

Deno.test("createLayer() makes what containers/storage makes", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  const { paths } = store;
  const umask = Deno.umask(0o077); // which must not matter
  try {
    await putLayer(store, "base");
    await putLayer(store, "top", "base");
    using held = await store.lock({ layers: "write" });
    await createLayer(store, held.layers, {
      id: idOf("own"),
      parent: idOf("top"),
      names: ["c-layer"],
    });
  } finally {
    Deno.umask(umask);
  }
  const base = layerDirectory(paths, idOf("base"));
  const top = layerDirectory(paths, idOf("top"));
  const own = layerDirectory(paths, idOf("own"));
  const entries = ["diff", "empty", "link", "merged", "work"];
  assertEquals(readdirSync(base).sort(), entries);
  const child = ["diff", "link", "lower", "lower-layers", "merged", "work"];
  assertEquals(readdirSync(top).sort(), child);
  assertEquals(readdirSync(own).sort(), child);
  for (const layer of [base, top, own]) {
    const link = readFileSync(join(layer, "link"), "utf8");
    assert(/^[A-Z2-7]{26}$/.test(link));
    const target = readlinkSync(join(paths.links, link));
    assertEquals(join(paths.links, target), join(layer, "diff"));
    assertEquals(modeOf(layer), 0o700);
    assertEquals(modeOf(join(layer, "diff")), 0o555);
    assertEquals(modeOf(join(layer, "link")), 0o644);
    assertEquals(modeOf(join(layer, "work")), 0o700);
    assertEquals(modeOf(join(layer, "merged")), 0o700);
  }
  const lower = [top, base]
    .map((layer) => `l/${readFileSync(join(layer, "link"), "utf8")}`);
  assertEquals(readFileSync(join(own, "lower"), "utf8"), lower.join(":"));
  assertEquals(readFileSync(join(top, "lower"), "utf8"), lower[1]);
  const ids = `${idOf("top")}:${idOf("base")}`;
  assertEquals(readFileSync(join(own, "lower-layers"), "utf8"), ids);
  assertEquals(readFileSync(join(top, "lower-layers"), "utf8"), idOf("base"));
  assertEquals(readdirSync(join(top, "diff")), ["top"]);
  assertEquals(modeOf(tarSplitPath(paths, idOf("top"))), 0o600);
  assertFalse(existsSync(tarSplitPath(paths, idOf("own"))));
  assertEquals(modeOf(paths.links), 0o755);
});

Deno.test("createLayer() records what a layer is, and no flag", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  await putLayer(store, "base");
  using held = await store.lock({ layers: "write" });
  await createLayer(store, held.layers, {
    id: idOf("own"),
    parent: idOf("base"),
    names: ["c-layer"],
    mountLabel: "system_u:object_r:container_file_t:s0",
  });
  const [base, own] = JSON.parse(
    readFileSync(join(store.paths.layers, "layers.json"), "utf8"),
  );
  assertEquals(base, {
    id: idOf("base"),
    created: base.created,
    "diff-digest": `sha256:${idOf("base")}`,
    "diff-size": 1000,
  });
  assertEquals(own, {
    id: idOf("own"),
    names: ["c-layer"],
    parent: idOf("base"),
    mountlabel: "system_u:object_r:container_file_t:s0",
    created: own.created,
  });
  assert(Math.abs(Date.parse(own.created) - Date.now()) < 60_000);
});

Deno.test("createLayer() leaves links of all layers that need no look", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  const { links, layers } = store.paths;
  {
    using held = await store.lock({ layers: "write" });
    await createLayer(store, held.layers, { id: idOf("x") });
  }
  const { mtimeMs } = statSync(join(layers, "layers.json"));
  assert(mtimeMs >= statSync(links).mtimeMs);
  // Who takes one away later is noticed all the same.
  const [name = ""] = readdirSync(links);
  rmSync(join(links, name));
  utimesSync(links, new Date(), new Date(mtimeMs + 1));
  using _held = await store.lock({ layers: "write" });
  assertEquals(readdirSync(links), [name]);
});

Deno.test("createLayer() refuses what is there, and what cannot be", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  await putLayer(store, "base");
  using held = await store.lock({ layers: "write" });
  await assertRejects(
    () => createLayer(store, held.layers, { id: idOf("base") }),
    DuplicateIdError,
  );
  const orphan = { id: idOf("x"), parent: idOf("unknown") };
  await assertRejects(
    () => createLayer(store, held.layers, orphan),
    LayerNotFoundError,
  );
  assertEquals(held.layers.records.length, 1);
});

Deno.test("createLayer() leaves nothing where it fails", async (t) => {
  await t.step("a parent that lost its link", async () => {
    using test = storeAgent();
    const { store } = test.agent;
    await putLayer(store, "base");
    rmSync(join(layerDirectory(store.paths, idOf("base")), "link"));
    using held = await store.lock({ layers: "write" });
    const layer = { id: idOf("x"), parent: idOf("base") };
    await assertRejects(() => createLayer(store, held.layers, layer));
    check(test);
  });
  await t.step("contents that are gone", async () => {
    using test = storeAgent();
    const { store } = test.agent;
    await putLayer(store, "base");
    await using staging = store.openStaging();
    const contents = stageContents(staging, "x");
    rmSync(contents.tarSplit);
    using held = await store.lock({ layers: "write" });
    const layer = { id: idOf("x"), parent: idOf("base"), contents };
    await assertRejects(() => createLayer(store, held.layers, layer));
    check(test);
  });

  function check({ agent: { store: { paths } } }: { agent: Agent }): void {
    const text = readFileSync(join(paths.layers, "layers.json"), "utf8");
    assertEquals(JSON.parse(text).length, 1);
    const left = readdirSync(paths.home).filter((name) => name.length === 64);
    assertEquals(left, [idOf("base")]);
    assertEquals(readdirSync(paths.links).length, 1);
  }
});

Deno.test("createLayer() replaces what a crash has left of a layer", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  const { home, links } = store.paths;
  await putLayer(store, "base");
  const left = join(home, idOf("x"));
  mkdirSync(join(left, "diff", "old"), { recursive: true });
  writeFileSync(join(left, "link"), "A".repeat(26));
  symlinkSync(`../${idOf("x")}/diff`, join(links, "A".repeat(26)));
  await putLayer(store, "x");
  assertEquals(readdirSync(join(left, "diff")), ["x"]);
  assertEquals(readdirSync(links).length, 2);
});

Deno.test("createLayer() stacks as many layers as older tools mount", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  using held = await store.lock({ layers: "write" });
  for (let n = 0; n <= 128; n++) {
    const parent = n === 0 ? undefined : idOf(`${n - 1}`);
    await createLayer(store, held.layers, { id: idOf(`${n}`), parent });
  }
  const layer = { id: idOf("129"), parent: idOf("128") };
  await assertRejects(
    () => createLayer(store, held.layers, layer),
    RangeError,
    "at most 128 can be mounted",
  );
});
