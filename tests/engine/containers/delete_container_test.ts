import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { sleep } from "../../../src/errors/abort.ts";
import { InUseError, PolicyError } from "../../../src/errors/store_errors.ts";
import {
  ContainerNotFoundError,
  InvalidContainerIdError,
  InvalidSandboxIdError,
  NotFoundError,
} from "../../../src/errors/not_found_errors.ts";
import { deleteContainers } from "../../../src/store/delete_container.ts";
import {
  containerOptions,
  describeStore,
  podOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

const ALL = { layers: "write", images: "write", containers: "write" } as const;

/** Changes what is stored of a container, as other tools may do. */
async function rewrite(
  { agent }: TestRuntime,
  id: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  using held = await agent.store.lock(ALL);
  const record = held.containers.lookUp(id);
  assert(record !== undefined);
  held.containers.update({ ...record, ...changes });
  held.containers.save();
}

/** The store without the note of an image's last use. */
async function describeWithoutUses(test: TestRuntime): Promise<unknown> {
  const text = JSON.stringify(await describeStore(test.agent));
  return JSON.parse(text, (key, value) => key === "flags" ? {} : value);
}

Deno.test("S35 removePodSandbox() refuses what is unknown or empty", async () => {
  using test = await testPod();
  for (const id of ["", "none"]) {
    await assertRejects(
      () => test.runtime.removePodSandbox(id),
      InvalidSandboxIdError,
      "invalid sandbox ID",
    );
  }
});

Deno.test("S35 removePodSandbox() takes ID, names and prefix", async (t) => {
  for (const idOrName of ["web-pod", "web", "web-infra", "web-p"]) {
    await t.step(idOrName, async () => {
      using test = await testPod();
      assertEquals(await test.runtime.removePodSandbox(idOrName), ["web-pod"]);
    });
  }
});

Deno.test("S35 removePodSandbox() passes other errors on", async () => {
  using test = await testPod();
  const path = join(test.agent.store.paths.containers, "containers.json");
  await Deno.writeTextFile(path, "{");
  const error = await assertRejects(
    () => test.runtime.removePodSandbox("web"),
    Error,
    "containers.json",
  );
  assert(!(error instanceof NotFoundError));
});

Deno.test("S36 removePodSandbox() leaves the members alone", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(containerOptions());
  await test.runtime.removePodSandbox("web");
  const { podId } = await test.runtime.getContainerMetadata(id);
  assertEquals(podId, "web-pod");
});

Deno.test("O9 removePodSandbox() takes infra containers only", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(containerOptions());
  await assertRejects(
    () => test.runtime.removePodSandbox(id),
    InvalidSandboxIdError,
  );
});

Deno.test("O9 removePodSandbox() can refuse because of members", async () => {
  using test = await testPod();
  await test.runtime.createContainer(containerOptions());
  const error = await assertRejects(
    () => test.runtime.removePodSandbox("web", { members: "refuse" }),
    InUseError,
    '"server"',
  );
  assertEquals(error.users, ["server"]);
});

Deno.test("O9 removePodSandbox() can remove the members", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(containerOptions());
  const removed = await test.runtime.removePodSandbox("web", {
    members: "remove",
  });
  assertEquals(removed, [id, "web-pod"]);
});

Deno.test("S37 O10 deleteContainer() distinguishes an empty ID from an unknown one", async () => {
  using test = await testPod();
  await assertRejects(
    () => test.runtime.deleteContainer(""),
    InvalidContainerIdError,
    "invalid container ID",
  );
  for (const Class of [ContainerNotFoundError, NotFoundError]) {
    await assertRejects(() => test.runtime.deleteContainer("none"), Class);
  }
});

Deno.test("S38 deleteContainer() unmounts all, and removes all", async () => {
  using test = await testPod();
  const before = await describeWithoutUses(test);
  const { id, dir, runDir } = await test.runtime.createContainer(
    containerOptions(),
  );
  const root = await test.runtime.startContainer(id);
  await test.runtime.startContainer(id);
  assertEquals(await test.runtime.deleteContainer("server"), id);
  for (const path of [root, join(dir, ".."), join(runDir, "..")]) {
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  }
  assertEquals(test.mounter.table, []);
  assertEquals(await describeWithoutUses(test), before); // layers of images, too
  await test.runtime.createContainer(containerOptions()); // its name is free
});

Deno.test("O14 a deletion that was cut short is finished", async (t) => {
  for (const step of ["marked", "without layer"]) {
    await t.step(step, async () => {
      using test = await testPod();
      const before = await describeWithoutUses(test);
      const { id } = await test.runtime.createContainer(containerOptions());
      const mark = { "orlop-incomplete": true };
      if (step === "marked") {
        await rewrite(test, id, { flags: mark });
      } else {
        await using trash = test.agent.store.openStaging();
        using held = await test.agent.store.lock(ALL);
        const record = held.containers.lookUp(id);
        assert(record !== undefined);
        await deleteContainers(test.agent.store, held, { ids: [id], trash });
        held.containers.add({ ...record, flags: mark });
        held.containers.save();
      }
      const next = test.reopen();
      await next.runtime.createContainer(containerOptions());
      await next.runtime.deleteContainer("server");
      assertEquals(await describeWithoutUses(next), before);
    });
  }
});

Deno.test("deleteContainer() leaves other tools' containers alone", async (t) => {
  const podman = {
    "image-name": "x",
    "image-id": "y",
    name: "z",
    "created-at": 1,
  };
  const crio = { ...podman, "pod-name": "p", "pod-id": "q" };
  for (
    const [owner, metadata] of [
      ["podman", JSON.stringify(podman)],
      ["cri-o", JSON.stringify(crio)],
      ["another tool", "free text"],
      ["another tool", ""],
    ] as const
  ) {
    await t.step(`${owner}: ${metadata}`, async () => {
      using test = await testPod();
      const { id } = await test.runtime.createContainer(containerOptions());
      await rewrite(test, id, { metadata });
      await assertRejects(
        () => test.runtime.deleteContainer(id),
        PolicyError,
        `it belongs to ${owner}`,
      );
    });
  }
});

Deno.test("deleteContainer() notes until when its image was used", async () => {
  using test = await testPod();
  await test.runtime.createContainer(containerOptions());
  const [before] = await test.images.listImages();
  await sleep(1001); // once a second is enough
  await test.runtime.deleteContainer("server");
  const [after] = await test.reopen().images.listImages();
  assert(
    Date.parse(after?.lastUsed ?? "") > Date.parse(before?.lastUsed ?? ""),
  );
  await test.runtime.createPodSandbox(podOptions({
    ...{ podId: "x", podName: "x", containerName: "x" },
  }));
  const [last] = await test.images.listImages();
  assertEquals(last?.lastUsed, after?.lastUsed);
});
