import { assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../src/errors/abort.ts";
import { CallGroup } from "../../src/engine/call_group.ts";

/** A group whose locks are held by somebody else until `open()`. */
function gatedGroup() {
  const groups: (readonly string[])[] = [];
  let gate = Promise.withResolvers<void>();
  const group = new CallGroup<string, string>(async (take, { signal }) => {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    await Promise.race([gate.promise, aborted]);
    const calls = take();
    groups.push(calls.map(({ request }) => request));
    for (const { request, resolve, reject } of calls) {
      if (request === "bad") reject(new RangeError("bad"));
      else if (request === "worst") throw new TypeError("worst");
      else resolve(`${request} is done`);
    }
  });
  return {
    group,
    groups,
    open: () => gate.resolve(),
    close: () => gate = Promise.withResolvers<void>(),
    fail: (error: Error) => {
      const { reject } = gate;
      gate = Promise.withResolvers<void>();
      reject(error);
    },
  };
}

Deno.test("CallGroup does together what waits together", async () => {
  const { group, groups, open } = gatedGroup();
  const all = Promise.allSettled(["a", "bad", "b"].map((n) => group.call(n)));
  open();
  assertEquals((await all).map(({ status }) => status), [
    ...["fulfilled", "rejected", "fulfilled"] as const,
  ]);
  assertEquals(await group.call("c"), "c is done");
  assertEquals(groups, [["a", "bad", "b"], ["c"]]);
});

Deno.test("CallGroup lets one give up, and waits for the others", async () => {
  const { group, groups, open } = gatedGroup();
  const controller = new AbortController();
  const { signal } = controller;
  const [first, second] = [group.call("a", { signal }), group.call("b")];
  controller.abort(new RangeError("enough"));
  await assertRejects(() => first, RangeError, "enough");
  open();
  assertEquals(await second, "b is done");
  assertEquals(groups, [["b"]]);
});

Deno.test("CallGroup waits for nothing when all have given up", async () => {
  const { group, groups, open } = gatedGroup();
  const controller = new AbortController();
  const { signal } = controller;
  const calls = ["a", "b"].map((name) => group.call(name, { signal }));
  controller.abort(new RangeError("enough"));
  const late = group.call("late"); // whoever comes then is no worse off
  for (const call of calls) {
    await assertRejects(() => call, RangeError, "enough");
  }
  open();
  assertEquals(await late, "late is done");
  assertEquals(groups, [["late"]]);
  await assertRejects(() => group.call("a", { signal }), RangeError);
});

Deno.test("CallGroup tells those that waited why it did not work", async () => {
  const { group, groups, fail, open } = gatedGroup();
  const early = group.call("early");
  await sleep(0);
  const late = group.call("late");
  fail(new RangeError("busy"));
  await assertRejects(() => early, RangeError, "busy");
  open();
  assertEquals(await late, "late is done");
  const [done, worst] = await Promise.allSettled(
    ["done", "worst"].map((name) => group.call(name)),
  );
  assertEquals(done?.status, "fulfilled");
  assertEquals(worst?.status, "rejected");
  assertEquals(groups.length, 2);
});
