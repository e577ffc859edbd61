import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readFileSync } from "node:fs";
import { idOf, putLayer } from "../../support/images/small_layers.ts";
import {
  counts,
  layerId,
  mount,
  targets,
  unmount,
  withLayer,
} from "../../support/layer_mounts.ts";

Deno.test("unmountLayer() releases a home behind a symbolic link", async () => {
  using test = await withLayer();
  const { agent, dir } = test;
  const { home } = agent.store.paths;
  await Deno.rename(home, dir.join("elsewhere"));
  await Deno.symlink(dir.join("elsewhere"), home);
  await mount(agent);
  assertEquals(targets(test), [home, join(home, layerId, "merged")]);
  await unmount(agent);
  assertEquals(targets(test), []);
});

Deno.test("a release of the home is told to other tools", async () => {
  using test = await withLayer();
  const lock = join(test.agent.store.paths.root, "storage.lock");
  await mount(test.agent);
  assertEquals(readFileSync(lock).length, 0);
  await unmount(test.agent);
  assertEquals(readFileSync(lock).length, 64);
});

Deno.test("a mount from before the home was bound goes as well", async () => {
  using test = await withLayer();
  const { agent, mounter } = test;
  const { home } = agent.store.paths;
  const path = await mount(agent);
  await mounter.unmount(home); // as others do, strictly
  await mounter.bindPrivate(home);
  assertEquals(targets(test), [path, home]);
  assert(await unmount(agent));
  assertEquals(targets(test), []);
  assertEquals(counts(test), []);
});

Deno.test("the home stays while anything is mounted in it", async () => {
  using test = await withLayer();
  const { agent, mounter } = test;
  const { home } = agent.store.paths;
  await mount(agent);
  // By a tool that does not count, or counts in a run root of its own.
  await mounter.bindPrivate(join(home, idOf("other"), "merged"));
  await unmount(agent);
  assertEquals(targets(test), [home, join(home, idOf("other"), "merged")]);
});

Deno.test("the home stays while others count mounts", async () => {
  using test = await withLayer();
  const { agent } = test;
  await putLayer(agent.store, "y");
  await mount(agent);
  await mount(agent, { layerId: idOf("y") });
  await unmount(agent);
  assert(targets(test).includes(agent.store.paths.home));
});
