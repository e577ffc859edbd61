/** O18: every call takes a signal; what is aborted leaves nothing. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { inspectContainer } from "../../src/engine/containers/inspect_container.ts";
import {
  type ImageId,
  parseLayerId,
} from "../../src/formats/storage/store_ids.ts";
import { createLayer } from "../../src/store/layers/create_layer.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import {
  addImage,
  APP,
  containerOptions,
  describeStore,
  podOptions,
  testPod,
  type TestRuntime,
  testRuntime,
} from "../support/test_runtime.ts";

const REASON = new DOMException("enough", "AbortError");

Deno.test("O18 every call that is aborted before it begins changes nothing", async (t) => {
  using test = await testPod();
  const { runtime, images, agent } = test;
  const options = { signal: AbortSignal.abort(REASON) };
  const before = await describeStore(agent);
  const calls: Record<string, () => Promise<unknown>> = {
    createPodSandbox: () =>
      runtime.createPodSandbox({
        ...podOptions({ podId: "p", podName: "p", containerName: "p" }),
        ...options,
      }),
    createContainer: () =>
      runtime.createContainer({ ...containerOptions(), ...options }),
    removePodSandbox: () => runtime.removePodSandbox("web", options),
    deleteContainer: () => runtime.deleteContainer("web", options),
    startContainer: () => runtime.startContainer("web", options),
    stopContainer: () => runtime.stopContainer("web", options),
    getContainerMetadata: () => runtime.getContainerMetadata("web", options),
    setContainerMetadata: () =>
      runtime.setContainerMetadata("web", (old) => old, options),
    getWorkDir: () => runtime.getWorkDir("web", options),
    getRunDir: () => runtime.getRunDir("web", options),
    inspectContainer: () => inspectContainer(agent, "web", options),
    listImages: () => images.listImages("", options),
    imageStatus: () => images.imageStatus(APP, options),
    pullImage: () => images.pullImage("oci:/none", options),
    canPull: () => images.canPull("127.0.0.1:1/none:1", options),
    removeImage: () => images.removeImage(APP, options),
    tagImage: () => images.tagImage(APP, "x", options),
    untagImage: () => images.untagImage(APP, undefined, options),
    pinImage: () => images.pinImage(APP, options),
    unpinImage: () => images.unpinImage(APP, options),
  };
  for (const [name, call] of Object.entries(calls)) {
    await t.step(name, async () => {
      assertEquals(await assertRejects(call), REASON);
    });
  }
  assertEquals(await describeStore(agent), before);
  assertEquals(test.mounter.table, []);
});

/** Aborts at the n-th call of the mounter, at which it waits. */
function abortAt(test: TestRuntime, n: number): AbortSignal {
  const controller = new AbortController();
  let calls = 0;
  for (const verb of ["isMounted", "mount", "list", "bindPrivate"] as const) {
    const real: (...args: never[]) => Promise<unknown> = test.mounter[verb];
    Object.assign(test.mounter, {
      [verb]: (...args: never[]) => {
        if (++calls === n) controller.abort(REASON);
        return real(...args);
      },
    });
  }
  return controller.signal;
}

Deno.test("O18 an aborted create leaves nothing, wherever it is", async () => {
  let aborted = 0;
  for (let n = 1; n <= 8; n++) {
    using test = await testPod();
    // Two layers, so that the look for the user has to mount.
    const imageName = await addTwoLayers(test);
    const before = await describeStore(test.agent);
    const signal = abortAt(test, n);
    const settings = { user: "7" };
    try {
      await test.runtime.createContainer(
        containerOptions({ imageName, settings, signal }),
      );
      continue;
    } catch (error) {
      assertEquals(error, REASON);
    }
    aborted++;
    assertEquals(await describeStore(test.agent), before);
    const mounts = test.mounter.table.filter(({ type }) => type === "overlay");
    assertEquals(mounts, []);
  }
  assert(aborted >= 3, `${aborted} times aborted`);
});

async function addTwoLayers({ agent }: TestRuntime): Promise<ImageId> {
  const id = await addImage(agent, { names: [], config: { Cmd: ["/two"] } });
  const locks = { layers: "write", images: "write" } as const;
  using held = await agent.store.lock(locks);
  const image = held.images.get(id);
  assert(image?.layer !== undefined);
  const second = parseLayerId("2".repeat(64));
  await createLayer(agent.store, held.layers, {
    id: second,
    parent: image.layer,
  });
  held.images.update({ ...image, layer: second });
  held.images.save();
  return id;
}

Deno.test("O18 an aborted start leaves no mount", async () => {
  let aborted = 0;
  for (let n = 1; n <= 4; n++) {
    using test = await testPod();
    const signal = abortAt(test, n);
    try {
      await test.runtime.startContainer("web", { signal });
    } catch (error) {
      assertEquals(error, REASON);
      aborted++;
      const mounts = test.mounter.table.filter(({ type }) =>
        type === "overlay"
      );
      assertEquals(mounts, []);
    }
  }
  assert(aborted >= 2, `${aborted} times aborted`);
});

Deno.test("O18 an aborted pull leaves no image and no litter, wherever it is", async (t) => {
  const kinds = ["start", "download", "unpacked", "committed"];
  for (const kind of kinds) {
    await t.step(kind, async () => {
      using test = testRuntime();
      const layout = test.dir.join("app");
      await writeTestLayout(layout, { layerSize: 3_000_000 });
      const controller = new AbortController();
      const pull = test.images.pullImage(`oci:${layout}`, {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.kind === kind) controller.abort(REASON);
        },
      });
      const outcome = await pull.then(() => "done", (error) => error);
      assert(controller.signal.aborted);
      assertEquals(outcome, REASON);
      const { store } = test.agent;
      using held = await store.lock({ layers: "read", images: "read" });
      assertEquals(held.images.records, []);
      // Layers that are whole stay for the next try, each with its record.
      const names = new Set([".has-mount-program", "l"]);
      for await (const { name } of Deno.readDir(store.paths.home)) {
        assert(names.has(name) || held.layers.lookUp(name), name);
      }
      for (
        const path of [join(store.paths.home, "tempdirs"), store.paths.staging]
      ) {
        await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
      }
    });
  }
});

Deno.test("O18 a pull that was aborted works when it is tried again", async () => {
  using test = testRuntime();
  const layout = test.dir.join("app");
  await writeTestLayout(layout, { layerSize: 3_000_000 });
  const signal = AbortSignal.timeout(1);
  await assertRejects(() => test.images.pullImage(`oci:${layout}`, { signal }));
  await test.images.pullImage(`oci:${layout}`);
  assertEquals((await test.images.listImages()).length, 1);
});

Deno.test("O18 who waits for a lock can give up", async () => {
  using test = await testPod();
  using _held = await test.agent.store.lock({ containers: "write" });
  const signal = AbortSignal.timeout(50);
  await assertRejects(
    () => test.reopen().runtime.getContainerMetadata("web", { signal }),
    DOMException,
  );
});
