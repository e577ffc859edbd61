import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  type SurveyOptions,
  surveyStore,
} from "../../../src/engine/cleanup/survey_store.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { libc } from "../../support/own_libc.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

const LOST = "a".repeat(64);
const OWN = parseLayerId("b".repeat(64));

/** What is known of a store, with all locks held. */
async function survey(
  { agent }: TestRuntime,
  options: Partial<SurveyOptions> = {},
) {
  using held = await agent.store.lock({
    ...{ layers: "write", images: "write", containers: "write" } as const,
  });
  return await surveyStore(agent, held, { measured: "none", ...options });
}

/** Mounts nothing at a path. */
async function mount({ mounter }: TestRuntime, target: string): Promise<void> {
  await mounter.mount({
    ...{ source: "none", target, type: "tmpfs", flags: [], data: "" },
  });
}

Deno.test("surveyStore() reports who holds what no record names", async (t) => {
  const cases: readonly (readonly [string, string | undefined, boolean])[] = [
    ["nobody", undefined, false],
    ["a mount of it", "", true],
    ["a mount in it", "/diff/a", true],
    ["a mount beside it", "-2", false],
  ];
  for (const [name, place, isHeld] of cases) {
    await t.step(name, async () => {
      using test = await testPod({ libc });
      const path = join(test.agent.store.paths.home, LOST);
      await Deno.mkdir(join(path, "diff/a"), { recursive: true });
      await Deno.writeTextFile(join(path, "diff/file"), "x".repeat(5000));
      if (place !== undefined) await mount(test, path + place);
      const { leftovers } = await survey(test);
      const [found, ...others] = leftovers;
      assertEquals(others, []);
      assertEquals([found?.kind, found?.path], ["layer", path]);
      assertEquals(
        found?.holder,
        isHeld ? `the mount "${path}${place}"` : undefined,
      );
      const bytes = found?.bytes ?? 0;
      assert(isHeld ? bytes === 0 : bytes >= 5000, String(bytes));
    });
  }
});

Deno.test("surveyStore() reports who holds layers and images", async (t) => {
  const holdersOf = async (test: TestRuntime) => {
    const { layers, images } = await survey(test);
    const [image] = images;
    const top = image?.tops[0];
    const layer = layers.find(({ id }) => id === top);
    return [layer?.holder, image?.holder];
  };
  const topOf = async (test: TestRuntime) => {
    const { images: [image] } = await survey(test);
    return parseLayerId(image?.tops[0] ?? "");
  };
  await t.step("nobody", async () => {
    using test = await testPod({ libc });
    assertEquals(await holdersOf(test), [undefined, undefined]);
  });
  await t.step("a mount", async () => {
    using test = await testPod({ libc });
    const id = await topOf(test);
    const target = join(layerDirectory(test.agent.store.paths, id), "merged");
    await mount(test, target);
    const holder = `the mount "${target}"`;
    assertEquals(await holdersOf(test), [holder, holder]);
  });
  await t.step("a pull, whatever is mounted", async () => {
    using test = await testPod({ libc });
    const id = await topOf(test);
    await mount(
      test,
      join(layerDirectory(test.agent.store.paths, id), "merged"),
    );
    using _lease = test.agent.store.leases.lease([id]);
    assertEquals(await holdersOf(test), ["a pull", "a pull"]);
  });
});

Deno.test("surveyStore() reports what layers nobody could bring back", async () => {
  using test = await testPod({ libc });
  const { store } = test.agent;
  await test.runtime.createContainer(containerOptions());
  const precious = async () =>
    (await survey(test)).layers.filter(({ hasOwnFiles }) => hasOwnFiles)
      .map(({ id }) => id);
  {
    using held = await store.lock({ layers: "write" });
    await createLayer(store, held.layers, { id: OWN });
  }
  assertEquals(await precious(), []);
  const diff = join(layerDirectory(store.paths, OWN), "diff");
  await Deno.writeTextFile(join(diff, "file"), "");
  assertEquals(await precious(), [OWN]);
  const child = parseLayerId("c".repeat(64));
  {
    using held = await store.lock({ layers: "write" });
    await createLayer(store, held.layers, { id: child, parent: OWN });
  }
  assertEquals(await precious(), []);
});

Deno.test("surveyStore() reports images what cleanups go by", async () => {
  using test = await testPod({ libc });
  const { images: [image], containers, disk, faults, isServed } = await survey(
    test,
  );
  assertEquals(image?.names, ["localhost/app:1"]);
  assertEquals(image?.createdMs, Date.parse("2026-01-02T03:04:05Z"));
  assertEquals([image?.isPinned, image?.children], [false, []]);
  assertEquals([faults, isServed], [[], false]);
  assertEquals(containers.map(({ name }) => name), ["web-infra"]);
  assert(disk.free > 0 && disk.total > disk.free);
});
