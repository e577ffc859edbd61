/** A cleanup that is stopped in the middle. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readCleanupStatus } from "../../../src/engine/cleanup/cleanup_status.ts";
import { prune } from "../../../src/engine/cleanup/prune.ts";
import { randomId } from "../../../src/fs/random_name.ts";
import { checkStore } from "../../support/check_store.ts";
import {
  addImage,
  type TestRuntime,
  testRuntime,
} from "../../support/test_runtime.ts";

const NAMES = ["a", "b", "c"].map((name) => `localhost/${name}:1`);
const LEFTOVERS = ["diff", "merged"];

async function storeWithImages(): Promise<TestRuntime> {
  const test = testRuntime();
  const { agent } = test;
  for (const name of NAMES) await addImage(agent, { names: [name] });
  for (const name of LEFTOVERS) {
    await Deno.mkdir(join(agent.store.paths.home, randomId(), name), {
      recursive: true,
    });
  }
  return test;
}

/** Aborts when it is looked at for the n-th time. */
function abortAt(n: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  let looks = 0;
  return Object.defineProperty(signal, "throwIfAborted", {
    value() {
      if (++looks === n) controller.abort(reason);
      AbortSignal.prototype.throwIfAborted.call(signal);
    },
  });
}

Deno.test("prune() may be aborted at any point, and continues next time", async () => {
  const left = new Set<number>();
  for (let n = 1;; n++) {
    using test = await storeWithImages();
    const signal = abortAt(n, new RangeError("enough"));
    const { agent } = test;
    const pruned = prune(agent, { images: "unused", signal });
    if (await isDone(pruned)) break;
    await assertRejects(() => pruned, RangeError, "enough");
    const status = readCleanupStatus(agent.store.paths);
    assertEquals([status?.outcome, status?.message], ["failed", "enough"]);
    const { removed } = await prune(agent, { images: "unused" });
    left.add(removed.length);
    assertEquals(await test.images.listImages(), []);
    assertEquals(checkStore(locationOf(test)), []);
  }
  // Not only before the first one: what was removed stays so.
  assert(left.has(NAMES.length + LEFTOVERS.length), [...left].join());
  assert(left.size > 1, [...left].join());
});

async function isDone(call: Promise<unknown>): Promise<boolean> {
  const [{ status } = { status: "rejected" }] = await Promise.allSettled([
    call,
  ]);
  return status === "fulfilled";
}

function locationOf({ dir }: TestRuntime) {
  return { root: dir.join("root"), runRoot: dir.join("run") };
}
