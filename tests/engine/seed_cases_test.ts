/**
 * S52: the cases that the established implementation of this interface tests,
 * each by the same condition on a real store; those of creation are in
 * `seed_create_cases_test.ts`.
 */

import { assert, assertEquals } from "@std/assert";
import {
  CommandError,
  UnsupportedStoreError,
} from "../../src/errors/store_errors.ts";
import {
  ContainerNotFoundError,
  InvalidContainerIdError,
  InvalidSandboxIdError,
} from "../../src/errors/not_found_errors.ts";
import {
  type Case,
  damage,
  rejectsWith,
  testCases,
} from "../support/seed_cases.ts";
import { testPod, type TestRuntime } from "../support/test_runtime.ts";

/** Writes metadata that is no JSON. */
async function spoilMetadata({ agent }: TestRuntime): Promise<void> {
  using held = await agent.store.lock({ containers: "write" });
  const record = held.containers.lookUp("web-pod");
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

const CASES = [...DIRECTORIES, ...STOP, ...START, ...METADATA, ...REMOVE];

Deno.test("S52 all 28 cases but those of creation are here", () => {
  assertEquals(CASES.length, 28);
});

testCases(CASES);
