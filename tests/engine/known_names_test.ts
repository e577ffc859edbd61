import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  isKnown,
  isKnownImage,
  listKnown,
} from "../../src/engine/known_names.ts";
import { AmbiguousIdError } from "../../src/errors/not_found_errors.ts";
import { libc } from "../support/own_libc.ts";
import {
  containerOptions,
  podOptions,
  testPod,
} from "../support/test_runtime.ts";

Deno.test("isKnown() distinguishes pods and containers from nothing", async (t) => {
  using test = await testPod({ libc });
  const { agent, runtime } = test;
  const { id } = await runtime.createContainer(containerOptions());
  await runtime.createPodSandbox(podOptions({
    ...{ podName: "other", podId: "web-pod-2", containerName: "other-infra" },
  }));
  const cases = [
    ["container", "server", true],
    ["container", id, true],
    ["container", id.slice(0, 8), true],
    ["container", "web-infra", true],
    ["container", "web", true], // its infra container has the name, too
    ["container", "none", false],
    ["pod", "web", true],
    ["pod", "web-pod", true],
    ["pod", "server", false],
    ["pod", "web-infra", false],
    ["pod", "web-pod-", true],
    ["pod", id, false],
  ] as const;
  for (const [kind, name, expected] of cases) {
    await t.step(`${kind} ${name}`, async () => {
      assertEquals(await isKnown(agent, kind, { name }), expected);
    });
  }
  await t.step("the beginning of several", async () => {
    await assertRejects(
      () => isKnown(agent, "pod", { name: "web-po" }),
      AmbiguousIdError,
    );
  });
  await t.step("a store that cannot be read", async () => {
    const broken = {
      ...agent,
      get store(): never {
        throw new TypeError("broken");
      },
    };
    await assertRejects(
      () => isKnown(broken, "pod", { name: "web" }),
      TypeError,
      "broken",
    );
  });
});

Deno.test("listKnown() names each pod once, and all containers", async () => {
  using test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  const pods = await listKnown(test.agent, "pod");
  assertEquals(pods, [{ id: "web-pod", names: ["web"] }]);
  const containers = await listKnown(test.agent, "container");
  assertEquals(containers.map(({ id, names }) => [id, names]), [
    ["web-pod", ["web-infra", "web"]],
    [id, ["server"]],
  ]);
  assert(containers.every(({ layer }) => layer !== undefined));
});

Deno.test("isKnownImage() takes names and IDs", async (t) => {
  using test = await testPod({ libc });
  const cases = [
    ["localhost/app:1", true],
    ["app:1", true],
    [test.imageId, true],
    [test.imageId.slice(0, 12), true],
    ["localhost/app:2", false],
    ["localhost/other", false],
  ] as const;
  for (const [name, expected] of cases) {
    await t.step(name, async () => {
      assertEquals(await isKnownImage(test.agent, name), expected);
    });
  }
});
