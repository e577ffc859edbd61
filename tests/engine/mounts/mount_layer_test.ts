import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Agent } from "../../../src/engine/agent.ts";
import { MOUNT_LOCKS } from "../../../src/engine/mounts/mount_counts.ts";
import { mountLayers } from "../../../src/engine/mounts/mount_layer.ts";
import { unmountLayers } from "../../../src/engine/mounts/unmount_layer.ts";
import { mountPoint } from "../../../src/engine/mounts/mount_points.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import { idOf, putLayer } from "../../support/images/small_layers.ts";
import {
  counts,
  layerId,
  mount,
  targets,
  unmount,
  withLayer,
} from "../../support/layer_mounts.ts";
import { storeAgent } from "../../support/store_agent.ts";

const RANGE = { first: 100_000, count: 65_536 };
const USERS = { uids: RANGE, gids: RANGE };

Deno.test("mountLayer() binds the home, mounts, and counts", async () => {
  using test = await withLayer();
  const { agent } = test;
  const { home } = agent.store.paths;
  const path = join(home, layerId, "merged");
  assertEquals(await mount(agent), path);
  assertEquals(targets(test), [home, path]);
  assertEquals(counts(test), [{ id: layerId, path, count: 1 }]);
  await mount(test.reopen());
  assertEquals(targets(test), [home, path]);
  assertEquals(counts(test), [{ id: layerId, path, count: 2 }]);
});

Deno.test("a count without a mount, as after a reboot, is ignored", async () => {
  using test = await withLayer();
  await mount(test.agent);
  await mount(test.agent);
  test.mounter.reboot();
  const path = await mount(test.agent);
  assertEquals(counts(test), [{ id: layerId, path, count: 1 }]);
  test.mounter.reboot();
  assert(await unmount(test.agent));
  assertEquals(counts(test), []);
});

Deno.test("an uncounted mount is adopted", async () => {
  using test = await withLayer();
  const path = await mount(test.agent);
  const { paths } = test.agent.store;
  writeFileSync(join(paths.runLayers, "mountpoints.json"), "[]");
  await mount(test.agent);
  assertEquals(counts(test), [{ id: layerId, path, count: 1 }]);
  writeFileSync(join(paths.runLayers, "mountpoints.json"), "[]");
  assert(await unmount(test.agent));
  assertEquals(test.mounter.table, []);
});

Deno.test("mountLayer() takes back its count where it fails", async (t) => {
  await t.step("because an option is unknown", async () => {
    using test = await withLayer();
    await assertRejects(() => mount(test.agent, { mountOptions: ["x=y"] }));
    assertEquals(counts(test), []);
    assertEquals(test.mounter.table, []);
  });
  await t.step("because it is aborted, even too late", async () => {
    using test = await withLayer();
    const { mounter } = test;
    const reason = new Error("enough");
    const late: Agent = {
      ...test.agent,
      mounter: {
        ...mounter,
        async mount(plan) {
          await mounter.mount(plan);
          throw reason;
        },
      },
    };
    const error = await assertRejects(() => mount(late));
    assertEquals(error, reason);
    assertEquals(counts(test), []);
    assertEquals(mounter.table, []);
  });
});

Deno.test("mountLayers() mounts several, and each fails by itself", async () => {
  using test = await withLayer();
  const { agent, mounter } = test;
  for (const name of ["y", "z"]) await putLayer(agent.store, name);
  let bound = 0;
  const watched: Agent = {
    ...agent,
    mounter: {
      ...mounter,
      async bindPrivate(home) {
        bound++;
        await mounter.bindPrivate(home);
      },
    },
  };
  const [x, y, z] = [idOf("x"), idOf("y"), idOf("z")] as const;
  using held = await agent.store.lock(MOUNT_LOCKS);
  const ended = await mountLayers(held, [
    { agent: watched, layerId: x },
    { agent: watched, layerId: y, mountOptions: ["x=y"] },
    { agent: watched, layerId: z },
  ]);
  assertEquals(ended.map(({ status }) => status), [
    ...["fulfilled", "rejected", "fulfilled"] as const,
  ]);
  const [pathX, pathZ] = [mountPoint(agent, x), mountPoint(agent, z)] as const;
  assertEquals(targets(test).toSorted(), [
    ...[agent.store.paths.home, pathX, pathZ].toSorted(),
  ]);
  assertEquals(bound, 1);
  assertEquals(counts(test), [
    { id: x, path: pathX, count: 1 },
    { id: z, path: pathZ, count: 1 },
  ]);
  const refuse = () => Promise.reject(new Error("busy"));
  const left = await unmountLayers(held, [
    { agent: watched, layerId: x, checkLast: refuse },
    { agent: watched, layerId: z },
  ]);
  assertEquals(left.map(({ status }) => status), [
    ...["rejected", "fulfilled"] as const,
  ]);
  assertEquals(targets(test), [agent.store.paths.home, pathX]);
  await unmountLayers(held, [{ agent: watched, layerId: x }]);
  assertEquals(targets(test), []);
  assertEquals(counts(test), []);
});

Deno.test("mountLayer() counts before it mounts", async () => {
  using test = await withLayer();
  const { mounter } = test;
  let seen: unknown;
  const watched: Agent = {
    ...test.agent,
    mounter: {
      ...mounter,
      async mount(plan) {
        seen = counts(test);
        await mounter.mount(plan);
      },
    },
  };
  const path = await mount(watched);
  assertEquals(seen, [{ id: layerId, path, count: 1 }]);
});

Deno.test("mountLayer() reports what the kernel has to do", async () => {
  using test = await withLayer();
  const { agent, mounter } = test;
  await putLayer(agent.store, "y", "x");
  const options = { layerId: idOf("y"), label: "l1" };
  const path = await mount(agent, { ...options, mountOptions: ["nodev"] });
  const entry = mounter.table.find(({ target }) => target === path);
  const { home } = agent.store.paths;
  assertEquals(
    entry?.options,
    `rw,nodev,lowerdir=${home}/${layerId}/diff,` +
      `upperdir=${home}/${idOf("y")}/diff,workdir=${home}/${idOf("y")}/work,` +
      `context="l1"`,
  );
  assertEquals(path, mountPoint(agent, idOf("y")));
});

Deno.test("mountLayer() takes short names where older tools made the layer", async () => {
  using test = await withLayer();
  const { agent, mounter } = test;
  await putLayer(agent.store, "y", "x");
  const { home } = agent.store.paths;
  rmSync(join(home, idOf("y"), "lower-layers"));
  const path = await mount(agent, { layerId: idOf("y") });
  const entry = mounter.table.find(({ target }) => target === path);
  const link = readFileSync(join(home, layerId, "link"), "utf8");
  assertStringIncludes(entry?.options ?? "", `lowerdir=${home}/l/${link},`);
});

Deno.test("mountLayer() refuses other users where libc cannot map them", async () => {
  using test = storeAgent({ libc: undefined });
  const { store } = test.agent;
  using held = await store.lock({ layers: "write" });
  await createLayer(store, held.layers, { id: layerId, users: USERS });
  held[Symbol.dispose]();
  await assertRejects(
    () => mount(test.agent),
    CommandError,
    "for other users: only the commands that serve or enter containers can",
  );
  assertEquals(counts(test), []);
});
