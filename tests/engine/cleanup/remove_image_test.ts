import { assert, assertEquals, assertRejects } from "@std/assert";
import { prune } from "../../../src/engine/cleanup/prune.ts";
import { mountPoint } from "../../../src/engine/mounts/mount_points.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import type { LayerId } from "../../../src/formats/storage/store_ids.ts";
import {
  addImage,
  APP,
  containerOptions,
  describeStore,
  testPod,
  type TestRuntime,
  testRuntime,
} from "../../support/test_runtime.ts";

const PODMAN = { "image-name": "a", "image-id": "b", name: "c" };
const CRIO = { ...PODMAN, "pod-name": "p", "pod-id": "q" };

/** Makes a container that looks as if another tool had made it. */
async function addForeign(
  { agent, runtime }: TestRuntime,
  { name, metadata }: { readonly name: string; readonly metadata: string },
): Promise<void> {
  const options = containerOptions({ containerName: name });
  const { id } = await runtime.createContainer(options);
  using held = await agent.store.lock({ containers: "write" });
  const record = held.containers.get(id);
  assert(record !== undefined);
  held.containers.update({ ...record, metadata });
  held.containers.save();
}

async function withForeign(): Promise<TestRuntime> {
  const test = await testPod();
  for (
    const [name, metadata] of [
      ["one", JSON.stringify(PODMAN)],
      ["two", JSON.stringify(CRIO)],
      ["three", ""],
    ] as const
  ) {
    await addForeign(test, { name, metadata });
  }
  return test;
}

Deno.test("removeImage() removes no container of another tool", async () => {
  using test = await withForeign();
  const before = await describeStore(test.agent);
  const error = await assertRejects(
    () => test.images.removeImage(APP, { containers: "remove" }),
    InUseError,
    'use it: "one" of podman, "two" of cri-o, "three" of another tool; ' +
      "remove them with these tools (podman rm one; crictl rm two)",
  );
  assertEquals(error.users, ["one", "two", "three"]);
  // Nor one of its own: the image stays.
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("removeImage() leaves an image that somebody has mounted", async () => {
  using test = testRuntime();
  const { agent, images, mounter } = test;
  await addImage(agent, { names: [APP] });
  const [layer] = await layersOf(test);
  assert(layer !== undefined);
  const target = mountPoint(agent, layer);
  await mounter.mount({
    ...{ source: "overlay", type: "overlay", target },
    ...{ flags: [], data: "lowerdir=/a" },
  });
  const before = await describeStore(agent);
  const error = await assertRejects(
    () => images.removeImage(APP),
    InUseError,
    `Cannot remove image "${APP}": it is mounted at "${target}"; unmount it ` +
      `first: "podman image unmount ${APP}", or umount if no tool knows it`,
  );
  assertEquals(error.users, [target]);
  assertEquals(await describeStore(agent), before);
  await mounter.unmount(target);
  await images.removeImage(APP);
  assertEquals(await layersOf(test), []);
});

async function layersOf({ agent }: TestRuntime): Promise<readonly LayerId[]> {
  using held = await agent.store.lock({ layers: "read" });
  return held.layers.records.map(({ id }) => id);
}

Deno.test("prune() removes no container of another tool, nor its image", async () => {
  using test = await withForeign();
  await test.runtime.removePodSandbox("web");
  const { removed } = await prune(test.agent, {
    containers: "stopped",
    images: "unused",
    leftoverAgeMs: 0,
    olderThanMs: 0,
  });
  assertEquals(removed, []);
  using held = await test.agent.store.lock({ containers: "read" });
  assertEquals(
    held.containers.records.map(({ names }) => names?.[0]),
    ["one", "two", "three"],
  );
});
