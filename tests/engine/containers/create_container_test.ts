import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { DuplicateNameError } from "../../../src/errors/naming_errors.ts";
import { InvalidSandboxIdError } from "../../../src/errors/not_found_errors.ts";
import type { RuntimeSpec } from "../../../src/formats/oci/runtime_spec.ts";
import { bigDataFileName } from "../../../src/store/records/big_data.ts";
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

async function recordsOf({ agent: { store } }: TestRuntime, id: string) {
  using held = await store.lock({ layers: "read", containers: "read" });
  const container = held.containers.lookUp(id);
  assert(container !== undefined);
  const layer = held.layers.get(container.layer);
  assert(layer !== undefined);
  return { container, layer };
}

async function readTemplate(dir: string): Promise<RuntimeSpec> {
  return JSON.parse(await Deno.readTextFile(join(dir, "config.json")));
}

Deno.test("S04 createContainer() tells ID, dir, run dir and config", async () => {
  using test = await testPod();
  const info = await test.runtime.createContainer(containerOptions());
  assertEquals(Object.keys(info).toSorted(), [
    ...["config", "dir", "id", "runDir"],
  ]);
  assertMatch(info.id, /^[0-9a-f]{64}$/);
  assertEquals(info.config?.config.Cmd, ["/bin/app"]);
});

Deno.test("S04 createContainer() tells no config if the image has none", async () => {
  using test = await testPod();
  await addImage(test.agent, {
    names: ["localhost/bare:1"],
    without: "config",
  });
  const { config, dir } = await test.runtime.createContainer(
    containerOptions({ imageName: "localhost/bare:1" }),
  );
  assertEquals(config, undefined);
  assertEquals((await readTemplate(dir)).process?.args, ["/bin/sh"]);
});

Deno.test("S16 createContainer() notes the name as typed, and the full ID", async () => {
  using test = await testPod();
  const { imageId } = test;
  const typed = [
    APP,
    "app:1",
    imageId,
    imageId.slice(0, 12),
    `containers-storage:${APP}@${imageId.slice(0, 12)}`,
  ];
  for (const [index, imageName] of typed.entries()) {
    const containerName = `c${index}`;
    const { id } = await test.runtime.createContainer(
      containerOptions({ containerName, imageName }),
    );
    const metadata = await test.runtime.getContainerMetadata(id);
    assertEquals(metadata.imageName, imageName);
    assertEquals(metadata.imageId, imageId);
    assertEquals(metadata.canonicalImageName, APP); // O17
  }
});

Deno.test("S16 createContainer() notes which name a short one led to", async (t) => {
  for (
    const [stored, conf] of [
      ["localhost/small:latest", ""],
      ["docker.io/library/small:latest", ""],
      ["quay.io/x/tiny:latest", '[aliases]\nsmall = "quay.io/x/tiny"'],
      ["quay.io/small:latest", 'unqualified-search-registries = ["quay.io"]'],
    ] as const
  ) {
    await t.step(stored, async () => {
      using test = await testPod({ registriesConf: conf });
      // The first of its names is not the one that was found.
      await addImage(test.agent, {
        names: ["quay.io/other/name:2", stored],
        config: { Cmd: ["/small"] },
      });
      const { id } = await test.runtime.createContainer(
        containerOptions({ imageName: "small" }),
      );
      const metadata = await test.runtime.getContainerMetadata(id);
      assertEquals(metadata.imageName, "small");
      assertEquals(metadata.canonicalImageName, stored);
    });
  }
});

Deno.test("S16 createContainer() notes no name of an image that has none", async () => {
  using test = await testPod();
  const imageId = await addImage(test.agent, {
    names: [],
    config: { Cmd: ["/nameless"] },
  });
  const { id } = await test.runtime.createContainer(
    containerOptions({ imageName: "", imageId }),
  );
  assertEquals((await test.runtime.getContainerMetadata(id)).imageName, "");
});

Deno.test("createContainer() puts further files into the work dir", async (t) => {
  using test = await testPod();
  const create = (name: string) =>
    test.runtime.createContainer({
      ...containerOptions(),
      files: { [name]: '{"foo":1}' },
    });
  for (const name of ["config.json", "run.json", "../a.json", "a", ""]) {
    await t.step(`not "${name}"`, async () => {
      await assertRejects(() => create(name), TypeError, `file "${name}"`);
    });
  }
  const { dir } = await create("state.json");
  const path = join(dir, "state.json");
  assertEquals(await Deno.readTextFile(path), '{"foo":1}');
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("S21 createContainer() fails on a damaged config, and makes nothing", async () => {
  using test = await testPod();
  const { imageId, agent } = test;
  const item = bigDataFileName(`sha256:${imageId}`);
  await Deno.writeTextFile(join(agent.store.paths.images, imageId, item), "{");
  const before = await describeStore(agent);
  await assertRejects(
    () => test.runtime.createContainer(containerOptions()),
    InvalidManifestError,
  );
  assertEquals(await describeStore(agent), before);
});

Deno.test("S24 S25 S26 S28 createPodSandbox() writes one record with all", async () => {
  using test = await testPod();
  const { container, layer } = await recordsOf(test, "web-pod");
  assertEquals(container.names, ["web-infra", "web"]);
  assertEquals(container.image, test.imageId);
  assertEquals(JSON.parse(container.metadata ?? "")["pod-id"], "web-pod");
  assertEquals(container.flags, { MountLabel: "", ProcessLabel: "" });
  const { images } = test;
  const { layers } = await images.imageStatus(APP);
  assertEquals(layer.parent, layers.at(-1));
  assertEquals(layer.names, ["web-infra-layer"]);
});

Deno.test("S22 S23 createPodSandbox() writes CRI-O's keys in their order", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  const before = Math.floor(Date.now() / 1000);
  await test.runtime.createPodSandbox(
    podOptions({ uid: "u1", namespace: "ns", attempt: 2, metadataName: "m" }),
  );
  const { container } = await recordsOf(test, "web-pod");
  const metadata = JSON.parse(container.metadata ?? "");
  assertEquals(Object.keys(metadata), [
    ...["pod", "pod-name", "pod-id", "image-name", "image-id", "name"],
    ...["metadata-name", "uid", "namespace", "attempt", "created-at", "orlop"],
  ]);
  assert(metadata.pod);
  assertEquals(metadata.name, "web-infra");
  assertEquals(metadata["metadata-name"], "m");
  const age = metadata["created-at"] - before;
  assert(Number.isInteger(age) && age >= 0 && age < 60);
});

Deno.test("S22 S33 createContainer() leaves out what is empty", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(
    containerOptions({ mountLabel: "system_u:object_r:x:s0" }),
  );
  const { container } = await recordsOf(test, id);
  assertEquals(Object.keys(JSON.parse(container.metadata ?? "")), [
    ...["pod-name", "pod-id", "image-name", "image-id", "name"],
    ...["metadata-name", "created-at", "mountlabel", "orlop"],
  ]);
  const metadata = await test.runtime.getContainerMetadata(id);
  assertEquals([metadata.pod, metadata.uid, metadata.namespace], [
    ...[false, "", ""],
  ]);
});

Deno.test("S32 createPodSandbox() stores uid, namespace and attempt", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  const { id } = await test.runtime.createPodSandbox(
    podOptions({ uid: "u1", namespace: "ns", attempt: 2 }),
  );
  assertEquals(id, "web-pod");
  const metadata = await test.runtime.getContainerMetadata("web");
  const { pod, uid, namespace, attempt, mountLabel } = metadata;
  assertEquals([pod, uid, namespace, attempt, mountLabel], [
    ...[true, "u1", "ns", 2, ""],
  ]);
});

Deno.test("O17 createPodSandbox() takes one name for pod and container", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  await test.runtime.createPodSandbox(podOptions({ containerName: "web" }));
  const { container } = await recordsOf(test, "web-pod");
  assertEquals(container.names, ["web"]);
});

Deno.test("O15 createContainer() refuses an unknown pod, unless told not to", async () => {
  using test = await testPod();
  const options = containerOptions({ podId: "none", podName: "none" });
  await assertRejects(
    () => test.runtime.createContainer(options),
    InvalidSandboxIdError,
    "create it first",
  );
  await test.runtime.createContainer({ ...options, pod: "unchecked" });
});

Deno.test("O15 createContainer() refuses another name of a known pod", async () => {
  using test = await testPod();
  await assertRejects(
    () => test.runtime.createContainer(containerOptions({ podName: "other" })),
    DuplicateNameError,
    'belongs to pod "web"',
  );
});

Deno.test("S33 O15 createContainer() makes an infra container only if told", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  const options = containerOptions({ podId: "p", containerId: "p" });
  await assertRejects(
    () => test.runtime.createContainer(options),
    InvalidSandboxIdError,
  );
  await test.runtime.createContainer({ ...options, pod: "unchecked" });
  assert((await test.runtime.getContainerMetadata("p")).pod);
});
