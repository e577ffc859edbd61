import { assert, assertEquals, assertRejects } from "@std/assert";
import { findPod } from "../../../src/engine/containers/list_containers.ts";
import { createInNewPod } from "../../../src/engine/pods/create_pod_sandbox.ts";
import {
  DuplicateIdError,
  DuplicateNameError,
} from "../../../src/errors/naming_errors.ts";
import {
  AmbiguousIdError,
  ContainerNotFoundError,
} from "../../../src/errors/not_found_errors.ts";
import { READ_LOCKS } from "../../../src/store/records/tables.ts";
import { APP, testPod, type TestRuntime } from "../../support/test_runtime.ts";

const [POD_ID, ID] = ["a".repeat(64), "b".repeat(64)];

function request(
  changes: { readonly pod?: object; readonly container?: object } = {},
) {
  const shared = { podName: "new", podId: POD_ID };
  return {
    pod: {
      ...{ ...shared, imageName: APP, containerName: "new-infra" },
      ...changes.pod,
    },
    container: {
      ...{ ...shared, imageName: APP, containerName: "app" },
      ...{ containerId: ID, ...changes.container },
    },
  };
}

async function listIds({ agent }: TestRuntime): Promise<readonly string[]> {
  using held = await agent.store.lock(READ_LOCKS);
  assertEquals(held.layers.records.length, layersOf(held.containers.records));
  return held.containers.records.map(({ id }) => id);
}

/** One each, and the pause image's. */
function layersOf({ length }: readonly unknown[]): number {
  return length + 1;
}

Deno.test("createInNewPod() makes a pod and a container in it", async () => {
  using test = await testPod();
  const before = await listIds(test);
  const { id, dir } = await createInNewPod(test.agent, request());
  assertEquals(await listIds(test), [...before, POD_ID, ID]);
  assertEquals(id, ID);
  assert((await Deno.stat(`${dir}/config.json`)).isFile);
  const pod = await findPod(test.agent, "new");
  assertEquals(pod, { id: POD_ID, name: "new" });
});

const TAKEN = { podName: "web", containerName: "web-infra-2" };

Deno.test("createInNewPod() makes nothing if one of them cannot be", async (t) => {
  using test = await testPod();
  const before = await listIds(test);
  const cases = [
    {
      name: "the container's ID is taken",
      changes: { container: { containerId: before[0] } },
      error: DuplicateIdError,
    },
    {
      name: "the container's settings are wrong",
      changes: { container: { settings: { user: "nobody-knows" } } },
      error: TypeError,
    },
    {
      name: "both want one name",
      changes: { container: { containerName: "new-infra" } },
      error: DuplicateNameError,
    },
    {
      name: "the pod's name is taken",
      changes: { pod: TAKEN, container: { podName: "web" } },
      error: DuplicateNameError,
    },
  ];
  for (const { name, changes, error } of cases) {
    await t.step(name, async () => {
      const wanted = request(changes);
      await assertRejects(() => createInNewPod(test.agent, wanted), error);
      assertEquals(await listIds(test), before);
    });
  }
});

Deno.test("findPod() finds by ID, name, and beginning of an ID", async (t) => {
  using test = await testPod();
  await createInNewPod(test.agent, request());
  const other = `${POD_ID.slice(0, 32)}${"c".repeat(32)}`;
  const { pod } = request({
    pod: { podName: "other", podId: other, containerName: "other-infra" },
  });
  await test.runtime.createPodSandbox(pod);
  for (const text of [other, "other", other.slice(0, 40)]) {
    await t.step(text, async () => {
      const found = await findPod(test.agent, text);
      assertEquals(found, { id: other, name: "other" });
    });
  }
  await t.step("nothing else", async () => {
    for (const text of ["app", "other-infra", "", "none"]) {
      await assertRejects(
        () => findPod(test.agent, text),
        ContainerNotFoundError,
        `Cannot find pod "${text}"`,
      );
    }
    const part = POD_ID.slice(0, 20);
    await assertRejects(() => findPod(test.agent, part), AmbiguousIdError);
  });
});
