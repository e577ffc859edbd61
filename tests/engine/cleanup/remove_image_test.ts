import { assert, assertEquals, assertRejects } from "@std/assert";
import { prune } from "../../../src/engine/cleanup/prune.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import {
  APP,
  containerOptions,
  describeStore,
  testPod,
  type TestRuntime,
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
