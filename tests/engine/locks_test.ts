/** Who reads works beside others that read; who writes waits for all of them. */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { checkStore } from "../../src/engine/check/check_store.ts";
import { measureStore } from "../../src/engine/cleanup/disk_usage.ts";
import { measureFileSystems } from "../../src/engine/cleanup/measure_file_systems.ts";
import { prune } from "../../src/engine/cleanup/prune.ts";
import { killContainer } from "../../src/engine/containers/end_process.ts";
import { inspectContainer } from "../../src/engine/containers/inspect_container.ts";
import {
  listContainers,
  listPods,
} from "../../src/engine/containers/list_containers.ts";
import { listKnown } from "../../src/engine/known_names.ts";
import { stopPod } from "../../src/engine/pods/stop_pod.ts";
import { execInContainer } from "../../src/engine/processes/exec_in_container.ts";
import { listProcesses } from "../../src/engine/processes/list_processes.ts";
import { readLogs } from "../../src/engine/processes/read_logs.ts";
import { waitForContainer } from "../../src/engine/processes/wait_for_container.ts";
import { StoreBusyError } from "../../src/errors/store_errors.ts";
import { READ_LOCKS, WRITE_LOCKS } from "../../src/store/records/tables.ts";
import { libc } from "../support/own_libc.ts";
import {
  APP,
  containerOptions,
  podOptions,
  testPod,
  type TestRuntime,
} from "../support/test_runtime.ts";

type Call = (
  test: TestRuntime,
  options?: { readonly signal?: AbortSignal },
) => Promise<unknown>;

const READERS: Readonly<Record<string, Call>> = {
  listImages: ({ images }, options) => images.listImages("", options),
  imageStatus: ({ images }, options) => images.imageStatus(APP, options),
  listContainers: ({ agent }, options) => listContainers(agent, options),
  listPods: ({ agent }, options) => listPods(agent, options),
  listKnown: ({ agent }) => listKnown(agent, "container"),
  inspectContainer: ({ agent }, options) =>
    inspectContainer(agent, "server", options),
  getContainerMetadata: ({ runtime }, options) =>
    runtime.getContainerMetadata("server", options),
  getWorkDir: ({ runtime }, options) => runtime.getWorkDir("server", options),
  getRunDir: ({ runtime }, options) => runtime.getRunDir("server", options),
  measureStore: ({ agent }, options) => measureStore(agent, options),
  measureFileSystems: ({ agent }, options) =>
    measureFileSystems(agent, options),
  checkStore: ({ agent }, options) => checkStore(agent, options),
};
/** They only read, and fail then: nothing runs in the container. */
const SEEKERS: Readonly<Record<string, Call>> = {
  killContainer: ({ agent }, options) =>
    killContainer(agent, "server", { ...options, number: 15 }),
  listProcesses: ({ agent }, options) =>
    listProcesses(agent, "server", options),
  execInContainer: ({ agent }, options) =>
    execInContainer(agent, "server", { ...options, command: ["ls"] }),
  readLogs: async ({ agent }, options) => {
    for await (const _ of readLogs(agent, "server", options));
  },
};
const WRITERS: Readonly<Record<string, Call>> = {
  createPodSandbox: ({ runtime }, options) =>
    runtime.createPodSandbox({
      ...podOptions({ podId: "p", podName: "p", containerName: "p" }),
      ...options,
    }),
  createContainer: ({ runtime }, options) =>
    runtime.createContainer({
      ...{ ...containerOptions({ containerName: "new" }), ...options },
    }),
  setContainerMetadata: ({ runtime }, options) =>
    runtime.setContainerMetadata("server", (old) => old, options),
  deleteContainer: ({ runtime }, options) =>
    runtime.deleteContainer("server", options),
  removePodSandbox: ({ runtime }, options) =>
    runtime.removePodSandbox("web", options),
  tagImage: ({ images }, options) => images.tagImage(APP, "x", options),
  untagImage: ({ images }, options) =>
    images.untagImage(APP, undefined, options),
  pinImage: ({ images }, options) => images.pinImage(APP, options),
  unpinImage: ({ images }, options) => images.unpinImage(APP, options),
  removeImage: ({ images }, options) => images.removeImage(APP, options),
  prune: ({ agent }, options) => prune(agent, options),
  // What it would do is told of a store that stands still.
  "prune, the plan": ({ agent }, options) =>
    prune(agent, { ...options, action: "plan" }),
};

/** A store with a container; whoever waits for a lock gives up at once. */
async function busyStore() {
  const test = await testPod({ libc, lockTimeoutMs: 20 });
  await test.runtime.createContainer(containerOptions());
  return test;
}

/** How a call ends: what it throws, if anything. */
async function outcomeOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
    return "done";
  } catch (error) {
    return error;
  }
}

Deno.test("who reads works while others read", async (t) => {
  using test = await busyStore();
  using _held = await test.reopen().agent.store.lock(READ_LOCKS);
  for (const [name, call] of Object.entries(READERS)) {
    await t.step(name, async () => {
      assertEquals(await outcomeOf(() => call(test)), "done");
    });
  }
  for (const [name, call] of Object.entries(SEEKERS)) {
    await t.step(name, async () => {
      const error = await outcomeOf(() => call(test));
      assertInstanceOf(error, Error);
      assertEquals(error.name, "Error", error.message);
    });
  }
});

Deno.test("who reads waits for who writes", async (t) => {
  using test = await busyStore();
  using _held = await test.reopen().agent.store.lock(WRITE_LOCKS);
  for (const [name, call] of Object.entries({ ...READERS, ...SEEKERS })) {
    await t.step(name, async () => {
      assertInstanceOf(await outcomeOf(() => call(test)), StoreBusyError);
    });
  }
});

Deno.test("who writes waits for who reads, and changes nothing meanwhile", async (t) => {
  using test = await busyStore();
  using held = await test.reopen().agent.store.lock(READ_LOCKS);
  const before = JSON.stringify([
    held.containers.records,
    held.images.records,
    held.layers.records,
  ]);
  for (const [name, call] of Object.entries(WRITERS)) {
    await t.step(name, async () => {
      assertInstanceOf(await outcomeOf(() => call(test)), StoreBusyError);
    });
  }
  held[Symbol.dispose]();
  using after = await test.reopen().agent.store.lock(READ_LOCKS);
  const left = [
    after.containers.records,
    after.images.records,
    after.layers.records,
  ];
  assertEquals(JSON.stringify(left), before);
});

Deno.test("all calls end with their caller's signal", async (t) => {
  using test = await busyStore();
  const reason = new DOMException("enough", "AbortError");
  const signal = AbortSignal.abort(reason);
  const others: Readonly<Record<string, Call>> = {
    stopPod: ({ agent }, options) => stopPod(agent, "web", options),
    waitForContainer: ({ agent }, options) =>
      waitForContainer(agent, "server", options),
  };
  const { listKnown: _, ...readers } = READERS;
  const all = { ...readers, ...SEEKERS, ...WRITERS, ...others };
  for (const [name, call] of Object.entries(all)) {
    await t.step(name, async () => {
      const ended = await outcomeOf(() => call(test, { signal }));
      assertEquals(ended, reason);
    });
  }
});
