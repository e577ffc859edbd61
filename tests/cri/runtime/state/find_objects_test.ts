import { assertEquals, assertRejects } from "@std/assert";
import {
  findContainer,
  findOwnContainer,
  findOwnPod,
  findPod,
} from "../../../../src/cri/runtime/state/find_objects.ts";
import { KnownObjects } from "../../../../src/cri/runtime/state/known_objects.ts";
import {
  ContainerNotFoundError,
  InvalidSandboxIdError,
} from "../../../../src/errors/not_found_errors.ts";
import { PolicyError } from "../../../../src/errors/store_errors.ts";
import { libc } from "../../../support/own_libc.ts";
import {
  containerOptions,
  podOptions,
  testPod,
} from "../../../support/test_runtime.ts";

/** Pods "web-pod" and "web-two", and a container that people made. */
async function objects() {
  const test = await testPod({ libc });
  await test.runtime.createPodSandbox(podOptions({
    ...{ podName: "two", podId: "web-two", containerName: "two-infra" },
  }));
  const { id } = await test.runtime.createContainer(containerOptions());
  return {
    ...{ id, known: new KnownObjects(test.agent) },
    [Symbol.dispose]: () => test[Symbol.dispose](),
  };
}

Deno.test("findPod() and findContainer() take the beginning of an ID", async (t) => {
  using test = await objects();
  const { known, id } = test;
  const pod = async (text: string) => (await findPod(known, text)).id;
  assertEquals(await pod("web-pod"), "web-pod");
  assertEquals(await pod("web-p"), "web-pod");
  const container = async (text: string) =>
    (await findContainer(known, text)).id;
  assertEquals(await container(id), id);
  assertEquals(await container(id.slice(0, 3)), id);
  const cases: readonly (readonly [string, string])[] = [
    ["none", "nothing that begins so"],
    ["web-", "several that do"],
    ["we", "too little of one"],
    ["", "nothing at all"],
    ["web", "a name"],
  ];
  for (const [text, what] of cases) {
    await t.step(what, async () => {
      const error = await assertRejects(() => pod(text), InvalidSandboxIdError);
      assertEquals(
        error.message,
        `Cannot find pod "${text}": no pod has this ID`,
      );
    });
  }
  for (const text of ["server", "web-pod", id.slice(0, 2), "x".repeat(99)]) {
    await t.step(`no container: ${text.slice(0, 9)}`, async () => {
      const error = await assertRejects(
        () => container(text),
        ContainerNotFoundError,
      );
      assertEquals(
        error.message,
        `Cannot find container "${
          text.slice(0, 80)
        }": no container has this ID`,
      );
    });
  }
});

Deno.test("findOwnPod() and findOwnContainer() leave to people what they made", async () => {
  using test = await objects();
  const { known, id } = test;
  const pod = await assertRejects(
    () => findOwnPod(known, "web-pod", { verb: "stop", command: "pod stop" }),
    PolicyError,
  );
  assertEquals(
    pod.message,
    'Cannot stop pod "web": it was not created by a kubelet; use "orlop pod stop web"',
  );
  const container = await assertRejects(
    () => findOwnContainer(known, id, { verb: "start", command: "start" }),
    PolicyError,
  );
  assertEquals(
    container.message,
    'Cannot start container "server": it was not created by a kubelet; use "orlop start server"',
  );
});
