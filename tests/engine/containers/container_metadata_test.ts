import { assert, assertEquals, assertRejects } from "@std/assert";
import { PolicyError } from "../../../src/errors/store_errors.ts";
import {
  ContainerNotFoundError,
  InvalidContainerIdError,
} from "../../../src/errors/not_found_errors.ts";
import type { ContainerMetadata } from "../../../src/formats/storage/container_metadata.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

async function setText(
  { agent: { store } }: TestRuntime,
  id: string,
  metadata: string,
): Promise<void> {
  using held = await store.lock({ containers: "write" });
  const record = held.containers.lookUp(id);
  assert(record !== undefined);
  held.containers.update({ ...record, metadata });
  held.containers.save();
}

Deno.test("S39 metadata is replaced as a whole, and survives a restart", async () => {
  using test = await testPod();
  const old = await test.runtime.getContainerMetadata("web");
  const changed: ContainerMetadata = {
    ...old,
    metadataName: "other",
    uid: "u2",
    attempt: 7,
    mountLabel: "<label> & more",
  };
  await test.runtime.setContainerMetadata("web", changed);
  const { runtime } = test.reopen();
  assertEquals(await runtime.getContainerMetadata("web-pod"), changed);
  await runtime.setContainerMetadata("web", old);
  assertEquals(await runtime.getContainerMetadata("web"), old);
});

Deno.test("S40 O10 metadata of an unknown container is an error", async () => {
  using test = await testPod();
  for (const id of ["", "none"]) {
    await assertRejects(
      () => test.runtime.getContainerMetadata(id),
      ContainerNotFoundError,
    );
    await assertRejects(
      () => test.runtime.setContainerMetadata(id, (old) => old),
      ContainerNotFoundError,
    );
  }
});

Deno.test("S40 metadata that does not parse is an error", async () => {
  using test = await testPod();
  for (
    const text of [
      "",
      "{",
      "[]",
      '{"pod-name":1}',
      '{"orlop":{"schema":2}}', // O8: of a newer orlop
    ]
  ) {
    await setText(test, "web-pod", text);
    await assertRejects(
      () => test.runtime.getContainerMetadata("web-pod"),
      SyntaxError,
      "metadata",
    );
  }
});

Deno.test("O8 metadata as CRI-O writes it can be read", async () => {
  using test = await testPod();
  const text = JSON.stringify({
    ...{ pod: true, "pod-name": "p", "pod-id": "i", "image-name": "n" },
    ...{ "image-id": "m", name: "c", "metadata-name": "k", "created-at": 5 },
  });
  await setText(test, "web-pod", text);
  const metadata = await test.runtime.getContainerMetadata("web-pod");
  assertEquals([metadata.pod, metadata.podId, metadata.createdAt], [
    ...[true, "i", 5],
  ]);
  // But to change it is to claim it.
  await assertRejects(
    () => test.runtime.setContainerMetadata("web-pod", (old) => old),
    PolicyError,
  );
});

Deno.test("S41 a label that is set later is mounted with at the next start", async () => {
  using test = await testPod();
  const mountLabel = "system_u:object_r:container_file_t:s0:c1,c2";
  const metadata = await test.runtime.getContainerMetadata("web");
  await test.runtime.startContainer("web");
  await test.runtime.setContainerMetadata("web", { ...metadata, mountLabel });
  await test.runtime.stopContainer("web");
  const root = await test.runtime.startContainer("web");
  const mount = test.mounter.table.find(({ target }) => target === root);
  assert(mount?.options.includes(`context="${mountLabel}"`));
});

Deno.test("O7 metadata is of containers only", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(containerOptions());
  const { images } = test;
  const { layers } = await images.imageStatus(test.imageId);
  // Names of layers and IDs of images and their layers are none of containers.
  for (const other of ["server-layer", test.imageId, layers[0] ?? ""]) {
    await assertRejects(
      () => test.runtime.getContainerMetadata(other),
      ContainerNotFoundError,
    );
  }
  assertEquals((await test.runtime.getContainerMetadata(id)).name, "server");
});

Deno.test("O8 changes at once all count", async () => {
  using test = await testPod();
  const other = test.reopen();
  const changes = Array.from(
    { length: 10 },
    (_, n) =>
      (n % 2 === 0 ? test : other).runtime.setContainerMetadata(
        "web",
        (old) => ({ ...old, attempt: old.attempt + 1 }),
      ),
  );
  await Promise.all(changes);
  assertEquals((await test.runtime.getContainerMetadata("web")).attempt, 10);
});

Deno.test("O8 a container's pod and image cannot be changed", async (t) => {
  using test = await testPod();
  const old = await test.runtime.getContainerMetadata("web");
  for (
    const change of [
      { pod: false },
      { podName: "x" },
      { podId: "x" },
      { imageName: "x" },
      { imageId: "x" },
    ]
  ) {
    const [field = ""] = Object.keys(change);
    await t.step(field, async () => {
      await assertRejects(
        () => test.runtime.setContainerMetadata("web", { ...old, ...change }),
        TypeError,
        `its ${field} is`,
      );
    });
  }
  assertEquals(await test.runtime.getContainerMetadata("web"), old);
});

Deno.test("O8 a change that fails changes nothing", async () => {
  using test = await testPod();
  const old = await test.runtime.getContainerMetadata("web");
  await assertRejects(
    () =>
      test.runtime.setContainerMetadata("web", () => {
        throw new Error("no change");
      }),
    Error,
    "no change",
  );
  assertEquals(await test.runtime.getContainerMetadata("web"), old);
});

Deno.test("S47 directories of an unknown container are an error", async () => {
  using test = await testPod();
  for (const id of ["", "none"]) {
    for (const call of ["getWorkDir", "getRunDir"] as const) {
      await assertRejects(
        () => test.runtime[call](id),
        InvalidContainerIdError,
        "invalid container ID",
      );
    }
  }
});

Deno.test("S47 S48 directories are made again, and end with the container", async () => {
  using test = await testPod();
  const { id, dir, runDir } = await test.runtime.createContainer(
    containerOptions(),
  );
  await Deno.remove(test.dir.join("run"), { recursive: true }); // a reboot
  const { runtime } = test.reopen();
  assertEquals(await runtime.getRunDir("server"), runDir);
  assertEquals(await runtime.getWorkDir("server"), dir);
  assertEquals(((await Deno.stat(runDir)).mode ?? 0) & 0o7777, 0o700);
  await Deno.stat(`${dir}/config.json`); // survives
  assert(dir.startsWith(test.dir.join("root")));
  assert(runDir.startsWith(test.dir.join("run")));
  await runtime.deleteContainer(id);
  for (const path of [dir, runDir]) {
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  }
});
