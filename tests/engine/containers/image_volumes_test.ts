import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  mountImageVolume,
  ownerOfImageVolume,
  removeImageVolumes,
  removeOrphanVolumes,
} from "../../../src/engine/containers/image_volumes.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { libc } from "../../support/own_libc.ts";
import {
  APP,
  containerOptions,
  podOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

const GONE = parseContainerId("ab".repeat(32));
const ALSO_GONE = parseContainerId("cd".repeat(32));
const WEB = { podId: "web-pod", podName: "web" };
const OTHER = { podId: "other-pod", podName: "other" };

/** Two pods, and in the first a container with an image mounted for it. */
async function volumes() {
  const test = await testPod({ libc });
  await test.runtime.createPodSandbox(podOptions({
    ...{ ...OTHER, containerName: "other-infra" },
  }));
  const { id } = await test.runtime.createContainer(containerOptions());
  const mount = (owner: typeof GONE, index: number, pod = WEB) =>
    mountImageVolume(test.agent, {
      ...{ ...pod, owner, index, imageName: APP },
    });
  return { ...test, id, mount };
}

/** The owners of volumes that are there, and how many are mounted. */
async function left({ agent, mounter }: TestRuntime) {
  using held = await agent.store.lock({ containers: "read" });
  const owners = held.containers.records.flatMap(({ names = [] }) =>
    names.flatMap((name) => ownerOfImageVolume(name) ?? [])
  );
  const { length } = mounter.table
    .filter(({ target }) => target.endsWith("/merged"));
  return { owners, mounted: length };
}

Deno.test("mountImageVolume() mounts an image read-only, by a container of its own", async () => {
  using test = await volumes();
  const path = await test.mount(test.id, 0);
  const mount = test.mounter.table.find(({ target }) => target === path);
  assert(mount !== undefined, path);
  assertFalse(mount.options.includes("upperdir="), mount.options);
  assertEquals(await left(test), { owners: [test.id], mounted: 1 });
});

Deno.test("removeImageVolumes() removes those of one container", async () => {
  using test = await volumes();
  await test.mount(test.id, 0);
  await test.mount(test.id, 1);
  await test.mount(GONE, 0);
  await removeImageVolumes(test.agent, test.id);
  assertEquals(await left(test), { owners: [GONE], mounted: 1 });
  await removeImageVolumes(test.agent, test.id);
});

Deno.test("removeOrphanVolumes() removes what is of no container any more", async (t) => {
  await t.step("of any pod", async () => {
    using test = await volumes();
    await test.mount(test.id, 0);
    await test.mount(GONE, 0);
    await test.mount(ALSO_GONE, 0, OTHER);
    await removeOrphanVolumes(test.agent);
    assertEquals(await left(test), { owners: [test.id], mounted: 1 });
  });
  await t.step("of one pod", async () => {
    using test = await volumes();
    await test.mount(GONE, 0);
    await test.mount(ALSO_GONE, 0, OTHER);
    await removeOrphanVolumes(test.agent, { podId: OTHER.podId });
    assertEquals(await left(test), { owners: [GONE], mounted: 1 });
  });
});

Deno.test("ownerOfImageVolume() knows names of volumes only", async (t) => {
  const id = "ab".repeat(32);
  const cases: readonly (readonly [string, string | undefined])[] = [
    [`${id}-volume-0`, id],
    [`${id}-volume-12`, id],
    [`${id}-volume-`, undefined],
    [`${id}-volume-1x`, undefined],
    [`x${id}-volume-1`, undefined],
    [`${id.slice(1)}-volume-1`, undefined],
    [`${id.toUpperCase()}-volume-1`, undefined],
    ["web-volume-0", undefined],
  ];
  for (const [name, owner] of cases) {
    await t.step(name, () => assertEquals(ownerOfImageVolume(name), owner));
  }
});
