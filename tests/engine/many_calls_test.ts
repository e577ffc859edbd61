/**
 * One agent in one process, with many calls at once: what an orchestrator's server
 * needs. `ORLOP_CALLS=200000` tries it for as long as a day's work takes.
 */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { closeSync, openSync } from "node:fs";
import { sleep } from "../../src/errors/abort.ts";
import { DuplicateNameError } from "../../src/errors/naming_errors.ts";
import {
  ContainerNotFoundError,
  InvalidContainerIdError,
} from "../../src/errors/not_found_errors.ts";
import { checkStore } from "../support/check_store.ts";
import {
  containerOptions,
  describeStore,
  podOptions,
  testPod,
  type TestRuntime,
} from "../support/test_runtime.ts";

const CALLS = Number(Deno.env.get("ORLOP_CALLS") ?? 240);
const AT_ONCE = 16;
const CALLS_A_LIFE = 4;
// What stays after a day: the runtime's own caches.
const MAX_GROWTH_BYTES = 48 * 1024 * 1024;

Deno.test("an agent takes many calls at once, and nothing grows", async () => {
  using test = await testPod();
  await liveAtOnce(test, AT_ONCE * CALLS_A_LIFE); // caches are warm then
  const before = await describeStore(test.agent);
  const heap = Deno.memoryUsage().heapUsed;
  const descriptor = nextDescriptor(test);
  const slowest = await liveAtOnce(test, CALLS);
  assertEquals(
    withoutUses(await describeStore(test.agent)),
    withoutUses(before),
  );
  assertEquals(nextDescriptor(test), descriptor);
  assertEquals(test.mounter.table, []);
  assertEquals(checkStore(locationOf(test)), []);
  assert(Deno.memoryUsage().heapUsed - heap < MAX_GROWTH_BYTES);
  // Fair: each waits for those before it, and for nobody else.
  assert(slowest.ratio < 5, `${slowest.ratio} times the median`);
});

Deno.test("of many that want a name at once, one gets it", async () => {
  using test = await testPod();
  const ended = await Promise.allSettled(
    Array.from(
      { length: 5 },
      () => test.runtime.createContainer(containerOptions()),
    ),
  );
  const errors = ended.flatMap((end) =>
    end.status === "rejected" ? [end.reason] : []
  );
  assertEquals(errors.length, 4);
  for (const error of errors) assert(error instanceof DuplicateNameError);
  assertEquals(checkStore(locationOf(test)), []);
});

Deno.test("of many starts of one container at once, each counts", async () => {
  using test = await testPod();
  const { runtime, mounter } = test;
  const { id } = await runtime.createContainer(containerOptions());
  const starts = Array.from({ length: 3 }, () => runtime.startContainer(id));
  const none = runtime.startContainer("none");
  assertEquals(new Set(await Promise.all(starts)).size, 1);
  await assertRejects(() => none, InvalidContainerIdError);
  assertEquals(mounter.table.length, 2); // with the home
  const stops = Array.from({ length: 3 }, () => runtime.stopContainer(id));
  assertEquals((await Promise.all(stops)).filter(Boolean).length, 1);
  assertEquals(mounter.table, []);
  await runtime.deleteContainer(id);
  assertEquals(checkStore(locationOf(test)), []);
});

Deno.test("of many that fail at once, each fails by itself", async () => {
  using test = await testPod({
    log(_, message) {
      // As if its directory could not be made.
      if (message.includes('"blocked" has work')) throw new RangeError("no");
    },
  });
  const { runtime } = test;
  const create = (name: string) =>
    runtime.createContainer(
      containerOptions({ containerId: name, containerName: name }),
    );
  const [one, blocked, two] = await Promise.allSettled(
    ["one", "blocked", "two"].map(create),
  );
  assertEquals([one, blocked, two].map((end) => end?.status), [
    ...["fulfilled", "rejected", "fulfilled"] as const,
  ]);
  const [again, , gone] = await Promise.allSettled([
    runtime.deleteContainer("one"),
    runtime.deleteContainer("two"),
    runtime.deleteContainer("one"),
  ]);
  assertEquals(again?.status, "fulfilled");
  assert(gone?.status === "rejected");
  assert(gone.reason instanceof ContainerNotFoundError);
  assertEquals(checkStore(locationOf(test)), []);
});

Deno.test("a call that is aborted while it waits leaves the others alone", async () => {
  using test = await testPod();
  const controller = new AbortController();
  const { signal } = controller;
  const held = await test.agent.store.lock({ layers: "read" });
  const given = test.runtime.createContainer(
    { ...containerOptions({ containerName: "given" }), signal },
  );
  const wanted = test.runtime.createContainer(containerOptions());
  await sleep(20);
  controller.abort(new RangeError("enough"));
  await assertRejects(() => given, RangeError, "enough");
  held[Symbol.dispose]();
  await wanted;
  using read = await test.agent.store.lock({ containers: "read" });
  assertEquals(read.containers.getByName("given"), undefined);
});

Deno.test("an agent that is disposed of ends what waits, and takes no more", async () => {
  using test = await testPod();
  const { agent, runtime } = test;
  const held = await agent.store.lock({ layers: "read" });
  const begun = test.images.listImages(); // reads, too
  const waiting = runtime.createContainer(containerOptions());
  await begun;
  let isClosed = false;
  const closed = agent[Symbol.asyncDispose]().then(() => isClosed = true);
  await assertRejects(() => waiting, TypeError, "it was closed");
  await sleep(5);
  assertFalse(isClosed);
  held[Symbol.dispose]();
  await closed;
  await assertRejects(() => test.images.listImages(), TypeError, "closed");
  // Others on the same store go on.
  await test.reopen().runtime.createContainer(containerOptions());
});

async function liveAtOnce({ runtime }: TestRuntime, calls: number) {
  let left = Math.ceil(calls / CALLS_A_LIFE);
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, worker) => {
      const podId = `pod-${worker}`;
      while (left-- > 0) {
        const begun = performance.now();
        const own = { podId, podName: podId };
        if (worker % 4 === 0) { // some make pods, too
          await runtime.createPodSandbox(
            podOptions({ ...own, containerName: `${podId}-infra` }),
          );
          await runtime.removePodSandbox(podId);
        }
        const { id } = await runtime.createContainer(
          containerOptions({ containerName: `container-${worker}` }),
        );
        await runtime.startContainer(id);
        await runtime.stopContainer(id);
        await runtime.deleteContainer(id);
        times.push(performance.now() - begun);
      }
    }),
  );
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 1;
  return { ratio: (sorted.at(-1) ?? 0) / median };
}

function locationOf({ dir }: TestRuntime) {
  return { root: dir.join("root"), runRoot: dir.join("run") };
}

function withoutUses(store: unknown): unknown {
  return JSON.parse(
    JSON.stringify(
      store,
      (key, value) => key === "orlop-last-used" ? undefined : value,
    ),
  );
}

/** The kernel gives the lowest number that is free. */
function nextDescriptor({ dir }: TestRuntime): number {
  const fd = openSync(dir.join("probe"), "a");
  closeSync(fd);
  return fd;
}
