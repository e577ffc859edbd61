/**
 * S52: the 41 cases that the established implementation of this interface
 * tests, each by the same condition on a real store.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  CommandError,
  ContainerNotFoundError,
  InvalidContainerIdError,
  InvalidContainerNameError,
  InvalidImageNameError,
  InvalidPodNameError,
  InvalidSandboxIdError,
  RegistryError,
  UnsupportedStoreError,
} from "../../src/errors.ts";
import { RuntimeServer } from "../../src/runtime/runtime_server.ts";
import { freePort } from "../support/registry_server.ts";
import {
  containerOptions,
  podOptions,
  testPod,
  type TestRuntime,
} from "../support/test_runtime.ts";

type Kind = "containers" | "layers" | "images";

/** Makes a file of records unreadable, which every read of it tells. */
async function damage({ agent }: TestRuntime, kind: Kind): Promise<void> {
  const path = join(agent.store.paths[kind], `${kind}.json`);
  await Deno.writeTextFile(path, "[{");
}

/** Writes metadata that is no JSON. */
async function spoilMetadata({ agent }: TestRuntime): Promise<void> {
  using held = await agent.store.lock({ containers: "write" });
  const record = held.containers.get("web-pod");
  assert(record !== undefined);
  held.containers.update({ ...record, metadata: "no JSON" });
  held.containers.save();
}

/** A pod whose mounts, or whose unmounting, fail. */
async function failingMounter(what: "mount" | "unmount") {
  const test = await testPod();
  test.mounter[what] = () => Promise.reject(new CommandError("it failed"));
  return test;
}

function rejectsWith(
  Class: new (message: string) => Error,
  act: (test: TestRuntime) => Promise<unknown>,
): (test: TestRuntime) => Promise<void> {
  return async (test) => {
    await assertRejects(() => act(test), Class);
  };
}

type Case = readonly [
  name: string,
  check: (test: TestRuntime) => Promise<unknown>,
  open?: () => Promise<TestRuntime>,
];

const DIRECTORIES = (["getRunDir", "getWorkDir"] as const).flatMap((
  call,
): Case[] => [
  [`${call}(): found`, async ({ runtime }) => {
    assert((await runtime[call]("web")).endsWith("/web-pod/userdata"));
  }],
  [`${call}(): store error`, async (test) => {
    await damage(test, "containers");
    await rejectsWith(UnsupportedStoreError, (t) => t.runtime[call]("web"))(
      test,
    );
  }],
  [
    `${call}(): unknown ID`,
    rejectsWith(InvalidContainerIdError, (t) => t.runtime[call]("none")),
  ],
]);

const STOP: readonly Case[] = [
  ["stop: works", async ({ runtime }) => {
    await runtime.startContainer("web");
    assert(await runtime.stopContainer("web"));
  }],
  [
    "stop: empty ID",
    rejectsWith(InvalidContainerIdError, (t) => t.runtime.stopContainer("")),
  ],
  [
    "stop: unknown",
    rejectsWith(ContainerNotFoundError, (t) => t.runtime.stopContainer("no")),
  ],
  ["stop: unmount fails", async (test) => {
    await test.runtime.startContainer("web");
    await rejectsWith(CommandError, (t) => t.runtime.stopContainer("web"))(
      test,
    );
  }, () => failingMounter("unmount")],
];

const START: readonly Case[] = [
  ["start: works", async ({ runtime, mounter }) => {
    assert(await mounter.isMounted(await runtime.startContainer("web")));
  }],
  ["start: store error", async (test) => {
    await damage(test, "containers");
    await rejectsWith(
      UnsupportedStoreError,
      (t) => t.runtime.startContainer("web"),
    )(test);
  }],
  [
    "start: unknown ID",
    rejectsWith(InvalidContainerIdError, (t) => t.runtime.startContainer("x")),
  ],
  ["start: metadata not JSON", async (test) => {
    await spoilMetadata(test);
    await rejectsWith(SyntaxError, (t) => t.runtime.startContainer("web"))(
      test,
    );
  }],
  [
    "start: mount fails",
    rejectsWith(CommandError, (t) => t.runtime.startContainer("web")),
    () => failingMounter("mount"),
  ],
];

const METADATA: readonly Case[] = [
  ["get metadata: works", async ({ runtime }) => {
    assertEquals((await runtime.getContainerMetadata("web")).podName, "web");
  }],
  ["get metadata: store error", async (test) => {
    await damage(test, "containers");
    await rejectsWith(
      UnsupportedStoreError,
      (t) => t.runtime.getContainerMetadata("web"),
    )(test);
  }],
  ["get metadata: not JSON", async (test) => {
    await spoilMetadata(test);
    await rejectsWith(
      SyntaxError,
      (t) => t.runtime.getContainerMetadata("web"),
    )(test);
  }],
  ["set metadata: works", async ({ runtime }) => {
    await runtime.setContainerMetadata("web", (old) => ({ ...old, uid: "x" }));
    assertEquals((await runtime.getContainerMetadata("web")).uid, "x");
  }],
  ["set metadata: store error", async (test) => {
    await damage(test, "containers");
    await rejectsWith(
      UnsupportedStoreError,
      (t) => t.runtime.setContainerMetadata("web", (old) => old),
    )(test);
  }],
];

const REMOVE: readonly Case[] = [
  ["delete container: works", async ({ runtime }) => {
    assertEquals(await runtime.deleteContainer("web"), "web-pod");
  }],
  [
    "delete container: empty ID",
    rejectsWith(InvalidContainerIdError, (t) => t.runtime.deleteContainer("")),
  ],
  ["delete container: lookup fails", async (test) => {
    await damage(test, "containers");
    await rejectsWith(
      UnsupportedStoreError,
      (t) => t.runtime.deleteContainer("web"),
    )(test);
  }],
  ["delete container: deletion fails", async (test) => {
    await test.runtime.startContainer("web");
    await rejectsWith(CommandError, (t) => t.runtime.deleteContainer("web"))(
      test,
    );
    await test.runtime.getContainerMetadata("web"); // it is still there
  }, () => failingMounter("unmount")],
  ["remove sandbox: works", async ({ runtime }) => {
    assertEquals(await runtime.removePodSandbox("web"), ["web-pod"]);
  }],
  ["remove sandbox: lookup fails", async (test) => {
    await damage(test, "layers");
    await rejectsWith(
      UnsupportedStoreError,
      (t) => t.runtime.removePodSandbox("web"),
    )(test);
  }],
  [
    "remove sandbox: unknown",
    rejectsWith(InvalidSandboxIdError, (t) => t.runtime.removePodSandbox("x")),
  ],
  ["remove sandbox: deletion fails", async (test) => {
    await test.runtime.startContainer("web");
    await rejectsWith(CommandError, (t) => t.runtime.removePodSandbox("web"))(
      test,
    );
  }, () => failingMounter("unmount")],
];

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

const CASES = [
  ...DIRECTORIES,
  ...STOP,
  ...START,
  ...METADATA,
  ...REMOVE,
  ...CREATE,
];

Deno.test("S52 the seed's own cases are 41", () => {
  assertEquals(CASES.length, 41);
});

for (const [name, check, open = testPod] of CASES) {
  Deno.test(`S52 ${name}`, async () => {
    using test = await open();
    await check(test);
  });
}
