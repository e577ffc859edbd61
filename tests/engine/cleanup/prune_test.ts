import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { readCleanupStatus } from "../../../src/engine/cleanup/cleanup_status.ts";
import { measureStore } from "../../../src/engine/cleanup/disk_usage.ts";
import { prune, type PruneOptions } from "../../../src/engine/cleanup/prune.ts";
import { inspectContainer } from "../../../src/engine/containers/inspect_container.ts";
import { openRun } from "../../../src/engine/containers/last_run.ts";
import { untagImage } from "../../../src/engine/images/name_image.ts";
import { pinImage } from "../../../src/engine/images/pin_image.ts";
import { StoreBusyError } from "../../../src/errors/store_errors.ts";
import {
  type ContainerId,
  type ImageId,
  type LayerId,
  parseContainerId,
} from "../../../src/formats/storage/store_ids.ts";
import { downloadsDirectory } from "../../../src/store/paths.ts";
import { idOf } from "../../support/images/small_layers.ts";
import {
  addImage,
  APP,
  containerOptions,
  describeStore,
  podOptions,
  testPod,
  type TestRuntime,
  testRuntime,
} from "../../support/test_runtime.ts";

/** What goes: `kind name`. */
async function removed(
  { agent }: TestRuntime,
  options: PruneOptions = {},
): Promise<readonly string[]> {
  const report = await prune(agent, options);
  assertEquals(report.failed, []);
  assertEquals(report.removed, report.plan.items);
  return report.removed.map(({ kind, name }) => `${kind} ${name}`);
}

Deno.test("prune() has nothing to do in a new store", async () => {
  using test = testRuntime();
  assertEquals(await removed(test), []);
  assertEquals(readCleanupStatus(test.agent.store.paths)?.outcome, "done");
});

Deno.test("prune() only tells the plan, then does just that", async () => {
  using test = testRuntime();
  const id = await addImage(test.agent, { names: [APP] });
  await untagImage(test.agent, APP);
  const { paths } = test.agent.store;
  mkdirSync(join(paths.home, idOf("crash"), "diff"), { recursive: true });
  const before = await describeStore(test.agent);
  const { plan, removed: none } = await prune(test.agent, { action: "plan" });
  assertEquals(none, []);
  assertEquals(await describeStore(test.agent), before);
  assertEquals(readCleanupStatus(paths), undefined);
  const report = await prune(test.agent);
  assertEquals(report.removed, plan.items);
  assertEquals(plan.items.map((item) => item.kind), [
    "leftover",
    "dangling image",
  ]);
  assertEquals(plan.items[1]?.id, id);
  assertEquals(readdirSync(paths.home).toSorted(), [".has-mount-program", "l"]);
  assertEquals(readdirSync(paths.links), []);
  const status = readCleanupStatus(paths);
  assertEquals(status?.removed["dangling image"], 1);
  assertEquals(status?.freedBytes, plan.bytes);
  assertEquals(status?.lastDone, status?.time);
});

Deno.test("prune() leaves alone pinned images and those of pods", async () => {
  using test = await testPod();
  await addImage(test.agent, { names: ["localhost/pinned:1"] });
  await addImage(test.agent, { names: ["localhost/free:1"] });
  await pinImage(test.agent, "localhost/pinned:1", { state: "pinned" });
  const gone = await removed(test, { images: "unused" });
  assertEquals(gone, ["unused image localhost/free:1"]);
  const { plan } = await prune(test.agent, { images: "unused" });
  const reasons = plan.kept.map(({ name, reason }) => `${name}: ${reason}`);
  assertEquals(reasons.toSorted(), [
    `${APP}: container "web-infra" uses it`,
    "localhost/pinned:1: it is pinned",
  ]);
});

Deno.test("prune() leaves alone what a pull has leased", async () => {
  using test = testRuntime();
  const id = await addImage(test.agent, { names: [] });
  const { store } = test.agent;
  const layer = await topLayer(test, id);
  {
    using _lease = store.leases.lease([layer]);
    assertEquals(await removed(test), []);
  }
  assertEquals(await removed(test), [`dangling image ${id}`]);
  assert(!existsSync(join(store.paths.home, layer)));
});

Deno.test("prune() leaves alone an image that is mounted", async () => {
  using test = testRuntime();
  const id = await addImage(test.agent, { names: [] });
  const target = join(
    test.agent.store.paths.home,
    await topLayer(test, id),
    "merged",
  );
  const plan = { source: "overlay", target, type: "overlay", data: "" };
  await test.mounter.mount({ ...plan, flags: [] });
  assertEquals(await removed(test), []);
  await test.mounter.unmount(target);
  assertEquals(await removed(test), [`dangling image ${id}`]);
});

Deno.test("prune() removes downloads once they are old", async () => {
  using test = testRuntime();
  const path = join(downloadsDirectory(test.agent.store.paths), idOf("x"));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "part");
  assertEquals(await removed(test), []);
  {
    using _pull = test.agent.store.leases.lease([idOf("x")]);
    assertEquals(await removed(test, { leftoverAgeMs: 0 }), []);
  }
  assertEquals(await removed(test, { leftoverAgeMs: 0 }), [`leftover ${path}`]);
  assert(!existsSync(path));
});

Deno.test("prune() removes the container of a run that was killed", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(containerOptions());
  const pod = parseContainerId("web-pod");
  const request = { containers: "vanished" } as const;
  const run = await openRun(test.agent, id, { removal: "at-end", pod });
  await test.runtime.startContainer(id);
  await run.begin();
  assertEquals(await removed(test, request), []);
  run[Symbol.dispose]();
  assertEquals(await removed(test), []);
  const gone = await removed(test, request);
  assertEquals(gone, ["container server", "container web-infra"]);
  assertEquals(test.mounter.table, []);
});

/** What becomes of a mounted container whose run is over, or was none. */
const MOUNTED: readonly {
  readonly name: string;
  readonly mount: (test: TestRuntime, id: ContainerId) => Promise<unknown>;
  readonly kept: boolean;
}[] = [
  {
    name: "mounted to look at it",
    mount: ({ runtime }, id) => runtime.startContainer(id),
    kept: true,
  },
  {
    name: "mounted by a run that was killed before its process began",
    mount: (test, id) => cutShort(test, id, "mounted"),
    kept: false,
  },
  {
    name: "mounted by a run that was killed under its process",
    mount: (test, id) => cutShort(test, id, "begun"),
    kept: false,
  },
  {
    name: "mounted to look at it, after such a run",
    async mount(test, id) {
      await cutShort(test, id, "mounted");
      await test.runtime.startContainer(id);
    },
    kept: true,
  },
  {
    name: "mounted by whom an older orlop has not noted",
    async mount(test, id) {
      await cutShort(test, id, "mounted");
      const { dir } = await inspectContainer(test.agent, id);
      const path = join(dir, "run.json");
      const { wasOpened, ...older } = JSON.parse(readFileSync(path, "utf8"));
      assert(wasOpened);
      writeFileSync(path, JSON.stringify(older));
    },
    kept: true,
  },
];

Deno.test("prune() keeps what is mounted, unless a run has left it", async (t) => {
  const request = { containers: "stopped", leftoverAgeMs: 0 } as const;
  for (const { name, mount, kept } of MOUNTED) {
    await t.step(name, async () => {
      using test = await testPod();
      const { id } = await test.runtime.createContainer(containerOptions());
      await mount(test, id);
      const { state } = await inspectContainer(test.agent, id);
      assertEquals(state === "mounted", kept, state);
      const all = ["container server", "container web-infra"];
      assertEquals(await removed(test, request), kept ? [] : all);
    });
  }
});

async function cutShort(
  { agent, runtime }: TestRuntime,
  id: ContainerId,
  stage: "mounted" | "begun",
): Promise<void> {
  using run = await openRun(agent, id, { removal: "never", pod: undefined });
  await runtime.startContainer(id);
  if (stage === "begun") await run.begin();
}

Deno.test("prune() removes members of a pod that is gone", async () => {
  using test = await testPod();
  await test.runtime.createContainer(containerOptions());
  await test.runtime.removePodSandbox("web-pod");
  const request = { containers: "vanished" } as const;
  assertEquals(await removed(test, request), ["container server"]);
});

Deno.test("prune() removes pods whose containers are not mounted", async () => {
  using test = await testPod();
  const request = { containers: "stopped", leftoverAgeMs: 0 } as const;
  const { id } = await test.runtime.createContainer(containerOptions());
  await test.runtime.startContainer(id);
  assertEquals(await removed(test, request), []);
  await test.runtime.stopContainer(id);
  const young = { containers: "stopped" } as const;
  assertEquals(await removed(test, young), []);
  const gone = await removed(test, request);
  assertEquals(gone, ["container server", "container web-infra"]);
});

Deno.test("prune() goes by the last use until there is room", async () => {
  using test = testRuntime();
  for (const name of ["a", "b", "c"]) {
    await addImage(test.agent, { names: [`localhost/${name}:1`] });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  // A pod notes the use of its image, also when it is gone.
  await test.runtime.createPodSandbox(
    podOptions({ imageName: "localhost/a:1" }),
  );
  await test.runtime.removePodSandbox("web-pod");
  const { plan } = await prune(test.agent, {
    images: "unused",
    action: "plan",
  });
  assertEquals(plan.items.map(({ name }) => name), [
    "localhost/b:1",
    "localhost/c:1",
    "localhost/a:1",
  ]);
});

Deno.test("prune() reports that the store is busy, and notes it", async () => {
  using test = testRuntime({ lockTimeoutMs: 20 });
  const { store } = test.agent;
  await prune(test.agent);
  const done = readCleanupStatus(store.paths)?.lastDone;
  {
    using _held = await store.lock({ images: "write" });
    await assertRejects(() => prune(test.agent), StoreBusyError);
  }
  const status = readCleanupStatus(store.paths);
  assertEquals(status?.outcome, "busy");
  assertEquals(status?.lastDone, done);
});

Deno.test("prune() reports what cannot be removed, and continues", async () => {
  using test = testRuntime();
  const id = await addImage(test.agent, { names: [] });
  const { paths } = test.agent.store;
  const leftover = join(paths.home, idOf("mounted"));
  const target = join(leftover, "merged");
  mkdirSync(target, { recursive: true });
  const plan = { source: "overlay", target, type: "overlay", data: "" };
  await test.mounter.mount({ ...plan, flags: [] });
  const report = await prune(test.agent);
  assertEquals(report.removed.map((item) => item.id), [id]);
  assertEquals(report.plan.kept.map(({ reason }) => reason), [
    `the mount "${target}" uses it`,
  ]);
});

Deno.test("two prune() at once do no harm", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [] });
  const other = test.reopen();
  const reports = await Promise.all(
    [test, other].map(({ agent }) => prune(agent)),
  );
  assertEquals(reports.flatMap((report) => report.removed).length, 1);
  assertEquals(reports.flatMap((report) => report.failed), []);
});

Deno.test("measureStore() reports what is shared, unique and reclaimable", async () => {
  using test = await testPod();
  await addImage(test.agent, { names: [] });
  const usage = await measureStore(test.agent);
  assertEquals(
    usage.images.map(({ containers, reclaimable }) =>
      `${containers} ${reclaimable}`
    ),
    ["1 false", "0 true"],
  );
  assertEquals(usage.containers.map(({ name, state }) => `${name} ${state}`), [
    "web-infra stopped",
  ]);
  assertEquals(usage.reclaimable["dangling image"].count, 1);
  assertEquals(usage.reclaimable.container.count, 0); // it is young
});

async function topLayer(
  { agent }: TestRuntime,
  id: ImageId,
): Promise<LayerId> {
  using held = await agent.store.lock({ images: "read" });
  const layer = held.images.get(id)?.layer;
  assert(layer !== undefined);
  return layer;
}
