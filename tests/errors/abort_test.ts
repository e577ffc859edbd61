import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  delayAbort,
  isInTime,
  joinSignals,
  linkSignals,
  settleAll,
  sleep,
  unlessAborted,
  whenAborted,
} from "../../src/errors/abort.ts";

const REASON = new Error("stopped by the test");

Deno.test("delayAbort() aborts later, for the same reason", async () => {
  const stop = new AbortController();
  using late = delayAbort(stop.signal, 1);
  stop.abort(REASON);
  assertFalse(late.signal?.aborted);
  assertEquals(await reasonOf(late.signal), REASON);
});

Deno.test("delayAbort() counts from now if the signal was aborted before", async () => {
  using late = delayAbort(AbortSignal.abort(REASON), 1);
  assertFalse(late.signal?.aborted);
  assertEquals(await reasonOf(late.signal), REASON);
});

Deno.test("delayAbort() leaves no timer behind", () => {
  const stop = new AbortController();
  const late = delayAbort(stop.signal, 60_000);
  stop.abort(REASON);
  late[Symbol.dispose]();
  delayAbort(undefined, 60_000)[Symbol.dispose]();
});

Deno.test("unlessAborted() waits, or ends with the signal's reason", async () => {
  const stop = new AbortController();
  const { signal } = stop;
  const seven = () => Promise.resolve(7);
  assertEquals(await unlessAborted(seven, { signal }), 7);
  assertEquals(await unlessAborted(seven, {}), 7);
  const fail = () => Promise.reject(new RangeError("no"));
  await assertRejects(() => unlessAborted(fail, { signal }), RangeError, "no");
  const late = Promise.withResolvers<number>();
  const waiting = unlessAborted(() => late.promise, { signal });
  stop.abort(REASON);
  assertEquals(await assertRejects(() => waiting), REASON);
  late.reject(new Error("nobody hears it"));
  let isBegun = false;
  const begin = () => {
    isBegun = true;
    return seven();
  };
  const after = await assertRejects(() => unlessAborted(begin, { signal }));
  assertEquals(after, REASON);
  assertFalse(isBegun);
});

Deno.test("isInTime() reports who is late, and leaves a failure to others", async () => {
  assert(await isInTime(Promise.resolve(7), 60_000));
  const failed = Promise.reject(REASON);
  assert(await isInTime(failed, 60_000));
  assertEquals(await assertRejects(() => failed), REASON);
  const never = Promise.withResolvers<void>();
  assertFalse(await isInTime(never.promise, 1));
});

Deno.test("settleAll() waits for all, then throws the first failure", async () => {
  const order: string[] = [];
  const after = async (ms: number, what: string, error?: Error) => {
    await sleep(ms);
    order.push(what);
    if (error !== undefined) throw error;
  };
  const all = [
    after(20, "first", REASON),
    undefined,
    after(1, "second", new Error("another")),
    after(30, "third"),
  ];
  assertEquals(await assertRejects(() => settleAll(all)), REASON);
  assertEquals(order, ["second", "first", "third"]);
  await settleAll([Promise.resolve()]);
});

function reasonOf(signal: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve) => {
    signal?.addEventListener("abort", () => resolve(signal.reason));
  });
}

Deno.test("linkSignals() aborts with the first, for its reason", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const linked = linkSignals(undefined, first.signal, second.signal);
  assertFalse(linked.aborted);
  second.abort(REASON);
  assertEquals(linked.reason, REASON);
  assertFalse(linkSignals(undefined).aborted);
});

Deno.test("joinSignals() aborts with the first of two, for its reason", async (t) => {
  const other = new Error("another reason");
  type Stop = (one: AbortController, two: AbortController) => void;
  const cases: readonly (readonly [string, Stop, Stop, unknown])[] = [
    ["the first, before", (one) => one.abort(REASON), () => {}, REASON],
    ["the second, before", (_, two) => two.abort(REASON), () => {}, REASON],
    ["the first, later", () => {}, (one) => one.abort(REASON), REASON],
    ["the second, later", () => {}, (_, two) => two.abort(REASON), REASON],
    [
      "the second after the first",
      (one) => one.abort(REASON),
      (_, two) => two.abort(other),
      REASON,
    ],
    [
      "the first after the second",
      () => {},
      (one, two) => {
        two.abort(REASON);
        one.abort(other);
      },
      REASON,
    ],
    ["none", () => {}, () => {}, undefined],
  ];
  for (const [name, before, later, reason] of cases) {
    await t.step(name, () => {
      const [one, two] = [new AbortController(), new AbortController()];
      before(one, two);
      using joined = joinSignals(one.signal, two.signal);
      later(one, two);
      assertEquals(joined.signal.reason, reason);
      assertEquals(joined.signal.aborted, reason !== undefined);
    });
  }
  await t.step("none that is left out", () => {
    const { signal } = new AbortController();
    using joined = joinSignals(undefined, signal);
    assertEquals(joined.signal, signal);
  });
  await t.step("no more once it is disposed of", () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const joined = joinSignals(one.signal, two.signal);
    joined[Symbol.dispose]();
    one.abort(REASON);
    two.abort(REASON);
    assertFalse(joined.signal.aborted);
  });
});

Deno.test("whenAborted() waits for a signal", async () => {
  await whenAborted(AbortSignal.abort(REASON));
  const stop = new AbortController();
  let isOver = false;
  const waiting = whenAborted(stop.signal).then(() => isOver = true);
  await sleep(1);
  assertFalse(isOver);
  stop.abort(REASON);
  await waiting;
  assertFalse(await isInTime(whenAborted(undefined), 1));
});

Deno.test("sleep() ends with the reason of its signal", async (t) => {
  await t.step("while it waits", async () => {
    const stop = new AbortController();
    const slept = sleep(60_000, stop);
    stop.abort(REASON);
    assertEquals(await slept.catch((error) => error), REASON);
  });
  await t.step("before it waits", async () => {
    const signal = AbortSignal.abort(REASON);
    const slept = sleep(60_000, { signal });
    assertEquals(await slept.catch((error) => error), REASON);
  });
  await t.step("not, if it is not aborted", () => sleep(1));
});
