import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import {
  carryOut,
  cutIntoSteps,
} from "../../../src/engine/cleanup/carry_out_cleanup.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import { openTrash } from "../../../src/store/layers/trash.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { WRITE_LOCKS } from "../../../src/store/records/tables.ts";
import { tempDir } from "../../support/temp_dir.ts";
import {
  addImage,
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";
import type { CleanupItem } from "../../../src/engine/cleanup/cleanup_plan.ts";

const KINDS: Readonly<Record<string, CleanupItem["kind"]>> = {
  l: "leftover",
  y: "layer",
  c: "container",
  d: "dangling image",
  u: "unused image",
};

function itemsOf(letters: string): readonly CleanupItem[] {
  return [...letters].map((letter, index) => ({
    kind: KINDS[letter] ?? "leftover",
    id: `${index}`,
    name: letter,
    bytes: 1,
    reason: "",
    layers: [],
  }));
}

Deno.test("cutIntoSteps() lets images that follow each other go together", async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["", []],
    ["l", ["l"]],
    ["llyyc", ["l", "l", "y", "y", "c"]],
    ["dd", ["dd"]],
    ["du", ["du"]],
    ["ldduucddy", ["l", "dduu", "c", "dd", "y"]],
    ["u".repeat(50), ["u".repeat(50)]],
    ["u".repeat(51), ["u".repeat(50), "u"]],
    ["d".repeat(101), ["d".repeat(50), "d".repeat(50), "d"]],
  ];
  for (const [letters, expected] of cases) {
    await t.step(letters, () => {
      const items = itemsOf(letters);
      const steps = cutIntoSteps(items);
      assertEquals(
        steps.map((step) => step.map(({ name }) => name).join("")),
        expected,
      );
      assertEquals(steps.flat(), items);
    });
  }
});

/** Carries a step out, and lets the trash go. */
async function carry(
  { agent }: TestRuntime,
  ...items: (readonly [CleanupItem["kind"], string])[]
): Promise<void> {
  const step = items.map(([kind, id]) => ({
    ...{ kind, id, name: id, reason: "", bytes: 0, layers: [] },
  }));
  await using trash = openTrash(agent.store);
  using held = await agent.store.lock(WRITE_LOCKS);
  await carryOut(agent, held, { step, trash });
}

/** IDs of all that a store has, by kind. */
async function listIds({ store }: TestRuntime["agent"]) {
  const locks = { layers: "read", images: "read", containers: "read" } as const;
  using held = await store.lock(locks);
  const { layers, images, containers } = held;
  return [layers, images, containers].map(({ records }) =>
    records.map(({ id }) => `${id}`)
  );
}

Deno.test("carryOut() removes what is in a plan, and nothing else", async (t) => {
  using test = await testPod();
  const { agent, runtime, imageId } = test;
  const { store } = agent;
  const layer = parseLayerId("a".repeat(64));
  {
    using held = await store.lock({ layers: "write" });
    await createLayer(store, held.layers, { id: layer });
  }
  const { id: server } = await runtime.createContainer(containerOptions());
  const unused = [
    await addImage(agent, { names: ["u:1"], config: { a: 1 } }),
    await addImage(agent, { names: [], config: { a: 2 } }),
  ];
  await t.step("a layer", async () => {
    const [before = []] = await listIds(agent);
    assert(before.includes(layer));
    await carry(test, ["layer", layer], ["layer", "none"]);
    const [after = []] = await listIds(test.reopen().agent);
    assertEquals(after, before.filter((id) => id !== layer));
    assert(!await exists(layerDirectory(store.paths, layer)));
  });
  await t.step("a container, with its layer", async () => {
    const [layers = [], , containers = []] = await listIds(agent);
    await carry(test, ["container", server], ["container", "none"]);
    const [left = [], , others = []] = await listIds(test.reopen().agent);
    assertEquals(others, containers.filter((id) => id !== server));
    assertEquals(left.length, layers.length - 1);
  });
  await t.step("images, together", async () => {
    const [layers = [], images = []] = await listIds(agent);
    const [first = "", second = ""] = unused;
    assertEquals(images, [imageId, first, second]);
    await carry(
      test,
      ...[["unused image", first], ["dangling image", second]] as const,
      ["unused image", "none"],
    );
    const [left = [], others = []] = await listIds(test.reopen().agent);
    assertEquals(others, [imageId]);
    assertEquals(left.length, layers.length - 2);
  });
  await t.step("leftovers, also on another file system", async () => {
    using elsewhere = tempDir("/dev/shm");
    const paths = [test.dir.join("root", "left"), elsewhere.join("left")];
    for (const path of paths) {
      await Deno.mkdir(`${path}/inner`, { recursive: true });
    }
    const gone = test.dir.join("root", "gone");
    await carry(
      test,
      ...[...paths, gone].map((path) => ["leftover", path] as const),
    );
    for (const path of paths) assert(!await exists(path));
    assert(await exists(test.dir.join("root")));
  });
});
