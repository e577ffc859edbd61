import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import type { Bytes } from "../../src/formats/bytes.ts";
import { limitSending, limitWait } from "../../src/registry/limit_wait.ts";

const LONG = { headerTimeoutMs: 60_000, stallTimeoutMs: 60_000 };

function reasonOf(signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const tell = () => resolve(signal.reason.message);
  if (signal.aborted) tell();
  signal.addEventListener("abort", tell);
  return promise;
}

Deno.test("limitWait() reports what took too long", async (t) => {
  await t.step("the answer", async () => {
    using limit = limitWait({ ...LONG, headerTimeoutMs: 1 });
    limit.begin("answer");
    assertFalse(limit.signal.aborted);
    assertEquals(await reasonOf(limit.signal), "no answer within 0.001 s");
  });
  await t.step("the body", async () => {
    using limit = limitWait({ ...LONG, stallTimeoutMs: 2 });
    limit.begin("body");
    assertFalse(limit.signal.aborted);
    assertEquals(await reasonOf(limit.signal), "it took no data for 0.002 s");
  });
});

// The sanitizer finds a clock that still runs.
Deno.test("limitWait() runs one clock at a time, and none when it ends", async (t) => {
  await t.step("what follows takes the place of what was before", async () => {
    using limit = limitWait({ headerTimeoutMs: 60_000, stallTimeoutMs: 1 });
    limit.begin("answer");
    limit.begin("body");
    assertEquals(await reasonOf(limit.signal), "it took no data for 0.001 s");
  });
  await t.step("end() stops it", () => {
    const limit = limitWait(LONG);
    limit.begin("answer");
    limit.end();
    assertFalse(limit.signal.aborted);
  });
  await t.step("its scope stops it, and nothing starts it again", () => {
    const limit = limitWait(LONG);
    limit.begin("answer");
    limit[Symbol.dispose]();
    limit.begin("body");
    assertFalse(limit.signal.aborted);
  });
});

/** A clock that notes what it is told. */
function notingLimit() {
  const stop = new AbortController();
  const told: string[] = [];
  return {
    told,
    stop,
    limit: {
      signal: stop.signal,
      begin: (what: string) => told.push(what),
      end: () => told.push("end"),
      [Symbol.dispose]() {},
    },
  };
}

Deno.test("limitSending() lets the clock run while a piece waits", async () => {
  const { told, limit } = notingLimit();
  const body = new Blob([new Uint8Array(3)]).stream();
  const reader = limitSending(body, limit).getReader();
  assertEquals(told, []);
  assertEquals((await reader.read()).value?.length, 3);
  assertEquals(told, ["end", "body"]);
  assert((await reader.read()).done);
  assertEquals(told, ["end", "body", "end", "answer"]);
});

Deno.test("limitSending() fails for the clock's reason", async () => {
  const { stop, limit } = notingLimit();
  const body = new Blob([new Uint8Array(3)]).stream();
  const reader = limitSending(body, limit).getReader();
  stop.abort(new Error("late"));
  await assertRejects(() => reader.read(), Error, "late");
});

Deno.test("limitSending() waits for the answer once the server has enough", async () => {
  const { told, limit } = notingLimit();
  let reason: unknown;
  const body = new ReadableStream<Bytes>({
    cancel: (why) => {
      reason = why;
    },
  });
  await limitSending(body, limit).cancel("enough");
  assertEquals(told, ["answer"]);
  assertEquals(reason, "enough");
});
