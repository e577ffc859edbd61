import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import type { Agent } from "../../../src/engine/agent.ts";
import { MOUNT_LOCKS } from "../../../src/engine/mounts/mount_counts.ts";
import { mountLayers } from "../../../src/engine/mounts/mount_layer.ts";
import { unmountLayers } from "../../../src/engine/mounts/unmount_layer.ts";
import { mappedDirectory } from "../../../src/engine/mounts/mapped_layers.ts";
import { idOf, putLayer } from "../../support/images/small_layers.ts";
import {
  counts,
  layerId,
  mount,
  targets,
  unmount,
  withLayer,
} from "../../support/layer_mounts.ts";

Deno.test("unmountLayer() unmounts at the last user, then the home", async () => {
  using test = await withLayer();
  const { agent } = test;
  await mount(agent);
  await mount(agent);
  assertFalse(await unmount(agent));
  assertEquals(test.mounter.table.length, 2);
  assert(await unmount(agent));
  assertEquals(test.mounter.table, []);
  assertEquals(counts(test), []);
  assert(await unmount(agent)); // no error
  await mount(agent);
  await mount(agent);
  assert(await unmount(agent, { mode: "all" }));
  assertEquals(test.mounter.table, []);
});

Deno.test("unmountLayers() takes all mounts with the home, at once", async () => {
  using test = await withLayer();
  const { agent, mounter } = test;
  await putLayer(agent.store, "y");
  const unmounted: string[] = [];
  const watched: Agent = {
    ...agent,
    mounter: {
      ...mounter,
      async unmount(target, options) {
        unmounted.push(target);
        await mounter.unmount(target, options);
      },
    },
  };
  const requests = ["x", "y"].map((name) => ({
    agent: watched,
    layerId: idOf(name),
  }));
  using held = await agent.store.lock(MOUNT_LOCKS);
  await mountLayers(held, requests);
  const ended = await unmountLayers(held, requests);
  assertEquals(ended.map(({ status }) => status), ["fulfilled", "fulfilled"]);
  assertEquals(unmounted, [agent.store.paths.home]);
  assertEquals(targets(test), []);
  assertEquals(counts(test), []);
});

Deno.test("unmountLayer() removes what a kill left of a mount for other users", async () => {
  using test = await withLayer();
  const { agent, mounter } = test;
  await mount(agent);
  const target = mappedDirectory(agent, layerId);
  await Deno.mkdir(target);
  const left = { source: "x", type: "none", flags: [], data: "" };
  await mounter.mount({ ...left, target });
  assert(await unmount(agent));
  assertEquals(mounter.table, []);
  await assertRejects(() => Deno.stat(target), Deno.errors.NotFound);
});
