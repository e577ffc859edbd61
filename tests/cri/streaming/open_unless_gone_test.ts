import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { openUnlessGone } from "../../../src/cri/streaming/open_unless_gone.ts";

/** Something to open, which notes its end. */
function opened(ended: string[] = []) {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
      ended.push("closed");
    },
  };
}

Deno.test("openUnlessGone() opens with the client's signal", async () => {
  const { signal } = new AbortController();
  const streams = opened();
  const found = await openUnlessGone((given) => {
    assertStrictEquals(given, signal);
    return Promise.resolve(streams);
  }, signal);
  assertStrictEquals(found, streams);
});

Deno.test("openUnlessGone() opens nothing for who has gone", async () => {
  const reason = new Error("gone");
  let count = 0;
  const error = await assertRejects(() =>
    openUnlessGone(() => {
      count++;
      return Promise.resolve(opened());
    }, AbortSignal.abort(reason))
  );
  assertStrictEquals(error, reason);
  assertEquals(count, 0);
});

Deno.test("openUnlessGone() closes what opens too late", async () => {
  const ended: string[] = [];
  const stop = new AbortController();
  const opening = Promise.withResolvers<ReturnType<typeof opened>>();
  const waiting = openUnlessGone(() => opening.promise, stop.signal);
  const reason = new Error("gone");
  stop.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  assertEquals(ended, []);
  opening.resolve(opened(ended));
  await opening.promise;
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  assertEquals(ended, ["closed"]);
});

Deno.test("openUnlessGone() reports why nothing opens", async () => {
  const { signal } = new AbortController();
  const why = new Error("no such container");
  const error = await assertRejects(() =>
    openUnlessGone(() => Promise.reject(why), signal)
  );
  assertStrictEquals(error, why);
});
