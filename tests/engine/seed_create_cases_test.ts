/** S52: of the 41 cases that the seed tests, the 13 of creation. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { RuntimeServer } from "../../src/engine/runtime_server.ts";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { UnsupportedStoreError } from "../../src/errors/store_errors.ts";
import {
  InvalidContainerNameError,
  InvalidImageNameError,
  InvalidPodNameError,
} from "../../src/errors/naming_errors.ts";
import {
  type Case,
  damage,
  rejectsWith,
  testCases,
} from "../support/seed_cases.ts";
import { freePort } from "../support/servers/registry_server.ts";
import {
  containerOptions,
  podOptions,
  type TestRuntime,
} from "../support/test_runtime.ts";

const OTHER_POD = {
  podId: "db-pod",
  podName: "db",
  containerName: "db-infra",
};

function pod(changes: Parameters<typeof podOptions>[0] = {}) {
  return ({ runtime }: TestRuntime) =>
    runtime.createPodSandbox(podOptions({ ...OTHER_POD, ...changes }));
}

function container(changes: Parameters<typeof containerOptions>[0] = {}) {
  return ({ runtime }: TestRuntime) =>
    runtime.createContainer(containerOptions(changes));
}

/** Nothing but the first pod may be there afterwards. */
function leavesNothing(
  spoil: (test: TestRuntime) => Promise<unknown>,
  act: (test: TestRuntime) => Promise<unknown>,
): (test: TestRuntime) => Promise<void> {
  return async (test) => {
    await spoil(test);
    await assertRejects(() => act(test));
    using held = await test.agent.store.lock({ containers: "read" });
    assertEquals(held.containers.records.map(({ id }) => id), ["web-pod"]);
  };
}

function block(kind: "containers" | "runContainers") {
  return ({ agent }: TestRuntime) =>
    Deno.writeTextFile(join(agent.store.paths[kind], "blocked"), "");
}

/** Gives a layer the name that the new container's is to have. */
async function takeLayerName({ agent }: TestRuntime): Promise<void> {
  using held = await agent.store.lock({ layers: "write" });
  const [layer] = held.layers.records;
  assert(layer !== undefined);
  held.layers.update({ ...layer, names: ["server-layer"] });
  held.layers.save();
}

const CREATE: readonly Case[] = [
  ["create: container works", container()],
  ["create: sandbox works", pod()],
  ["create: no pod ID", rejectsWith(InvalidPodNameError, pod({ podId: "" }))],
  [
    "create: no pod name",
    rejectsWith(InvalidPodNameError, pod({ podName: "" })),
  ],
  [
    "create: no image name or ID",
    rejectsWith(InvalidImageNameError, pod({ imageName: "" })),
  ],
  [
    "create: no container name",
    rejectsWith(InvalidContainerNameError, pod({ containerName: "" })),
  ],
  [
    "create: run dir fails",
    leavesNothing(
      block("runContainers"),
      container({ containerId: "blocked" }),
    ),
  ],
  [
    "create: work dir fails",
    leavesNothing(block("containers"), container({ containerId: "blocked" })),
  ],
  ["create: setting names fails", leavesNothing(takeLayerName, container())],
  ["create: reading names fails", async (test) => {
    await damage(test, "layers");
    await rejectsWith(UnsupportedStoreError, container())(test);
  }],
  [
    "create: record creation fails (sandbox)",
    leavesNothing(async () => {}, pod({ podId: "web-pod", podName: "web" })),
  ],
  [
    "create: record creation fails (container)",
    leavesNothing(async () => {}, container({ containerName: "web" })),
  ],
  [
    "create: pull of the pause image fails",
    leavesNothing(async () => {}, async ({ images }) => {
      const imageName = `127.0.0.1:${freePort()}/pause:1`;
      const runtime = new RuntimeServer(images, imageName);
      const pull = { tlsVerify: false, retry: { tries: 1 } };
      const options = podOptions({ ...OTHER_POD, imageName, pull });
      await assertRejects(
        () => runtime.createPodSandbox(options),
        RegistryError,
      );
      await runtime.createPodSandbox(options);
    }),
  ],
];

Deno.test("S52 all 13 cases of creation are here", () => {
  assertEquals(CREATE.length, 13);
});

testCases(CREATE);
