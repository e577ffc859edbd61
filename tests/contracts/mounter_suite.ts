/** What every `Mounter` promises. */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { ensureDir } from "@std/fs";
import type { Mounter } from "../../src/mount/mounter.ts";
import { planOverlay } from "../../src/mount/plan_overlay.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Options of {@linkcode testMounter}. */
export interface MounterSuiteOptions {
  /** Whether this machine cannot do it. */
  readonly ignore?: boolean;
}

/** Registers the tests of the contract for one mounter. */
export function testMounter(
  name: string,
  make: () => Mounter,
  { ignore = false }: MounterSuiteOptions = {},
): void {
  const test = (
    behaviour: string,
    body: (context: { mounter: Mounter; home: string }) => Promise<void>,
  ) =>
    Deno.test({
      name: `${name} ${behaviour}`,
      ignore,
      async fn() {
        using dir = tempDir();
        const home = dir.join("overlay");
        await makeLayer(home, "layer");
        await makeLayer(home, "layer2");
        const mounter = make();
        try {
          await body({ mounter, home });
        } finally {
          await unmountAll(mounter, dir.path);
        }
      },
    });

  test("mounts, tells, lists and unmounts", async ({ mounter, home }) => {
    const plan = planOf(home, "layer");
    assertFalse(await mounter.isMounted(plan.target));
    await mounter.mount(plan);
    assert(await mounter.isMounted(plan.target));
    const [entry, ...others] = await mounter.list(plan.target);
    assertEquals(others, []);
    assertEquals(entry?.target, plan.target);
    assertEquals(entry?.type, "overlay");
    assert(entry?.options.includes(`upperdir=${home}/layer/diff`));
    await mounter.unmount(plan.target);
    assertFalse(await mounter.isMounted(plan.target));
    assertEquals(await mounter.list(plan.target), []);
  });

  test("lists what is below a directory, not beside", async (context) => {
    const { mounter, home } = context;
    await mounter.mount(planOf(home, "layer"));
    await mounter.mount(planOf(home, "layer2"));
    const targets = async (directory: string) =>
      (await mounter.list(directory)).map(({ target }) => target).toSorted();
    const [one, two] = [`${home}/layer/merged`, `${home}/layer2/merged`];
    assertEquals(await targets(`${home}/layer`), [one]);
    assertEquals(await targets(home), [one, two]);
  });

  test("unmounts many, also if some are not mounted", async (context) => {
    const { mounter, home } = context;
    const plans = [planOf(home, "layer"), planOf(home, "layer2")];
    for (const plan of plans) await mounter.mount(plan);
    const targets = plans.map(({ target }) => target);
    await mounter.unmountAll([`${home}/absent`, ...targets]);
    assertEquals(await mounter.list(home), []);
    await mounter.unmountAll(targets);
    await mounter.unmountAll([]);
  });

  test("accepts targets that are not mounted", async (context) => {
    const { mounter, home } = context;
    await mounter.unmount(`${home}/layer/merged`);
    await mounter.unmount(`${home}/layer/merged`, { mode: "lazy" });
    await mounter.unmount(`${home}/absent`);
    assertFalse(await mounter.isMounted(`${home}/absent`));
    assertEquals(await mounter.list(`${home}/absent`), []);
  });

  test("binds a directory on itself, once", async ({ mounter, home }) => {
    await mounter.bindPrivate(home);
    await mounter.bindPrivate(home);
    const entries = await mounter.list(home);
    assertEquals(entries.map(({ target }) => target), [home]);
    assertEquals(entries.map(({ propagation }) => propagation), ["private"]);
    await mounter.mount(planOf(home, "layer"));
    assertEquals((await mounter.list(home)).length, 2);
  });

  test("takes along what is mounted in a directory", async (context) => {
    const { mounter, home } = context;
    const plans = [planOf(home, "layer"), planOf(home, "layer2")] as const;
    await mounter.mount(plans[0]); // and is hidden then
    await mounter.bindPrivate(home);
    await mounter.mount(plans[1]);
    await mounter.unmount(home, { mode: "lazy" });
    const left = (await mounter.list(home)).map(({ target }) => target);
    assertEquals(left, [plans[0].target]);
  });

  test("does nothing when aborted before", async ({ mounter, home }) => {
    const signal = AbortSignal.abort(new Error("enough"));
    const plan = planOf(home, "layer");
    const { target } = plan;
    await assertRejects(() => mounter.mount(plan, { signal }), Error, "enough");
    await assertRejects(() => mounter.bindPrivate(home, { signal }));
    await assertRejects(() => mounter.isMounted(target, { signal }));
    assertEquals(await mounter.list(home), []);
  });
}

function planOf(home: string, layerId: string) {
  return planOverlay({ home, layerId, lower: [], access: "read-write" });
}

async function makeLayer(home: string, layerId: string): Promise<void> {
  for (const name of ["diff", "work", "merged", "empty"]) {
    await ensureDir(`${home}/${layerId}/${name}`);
  }
}

async function unmountAll(mounter: Mounter, directory: string): Promise<void> {
  for (const { target } of (await mounter.list(directory)).toReversed()) {
    await mounter.unmount(target, { mode: "lazy" });
  }
}
