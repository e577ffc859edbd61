import { assertEquals, assertRejects } from "@std/assert";
import type { Bytes } from "../../src/formats/bytes.ts";
import {
  discardBody,
  LateBodyError,
  readBody,
} from "../../src/registry/read_body.ts";

/** An answer of pieces, that goes on for ever or ends, and who let go of it. */
function answer(pieces: readonly string[], end: "closes" | "hangs") {
  const rest = [...pieces];
  const seen = { cancelled: 0, reason: undefined as unknown };
  const body = new ReadableStream<Bytes>({
    async pull(controller) {
      const piece = rest.shift();
      if (piece !== undefined) {
        controller.enqueue(new TextEncoder().encode(piece));
      } else if (end === "closes") controller.close();
      else await new Promise(() => {});
    },
    cancel(reason) {
      seen.cancelled++;
      seen.reason = reason;
    },
  }, { highWaterMark: 0 });
  return { response: new Response(body), seen };
}

Deno.test("readBody() reads all pieces, up to the limit", async () => {
  const { response, seen } = answer(["ab", "", "cde"], "closes");
  const bytes = await readBody(response, { maxSize: 5 });
  assertEquals(new TextDecoder().decode(bytes), "abcde");
  assertEquals(seen.cancelled, 0);
});

Deno.test("readBody() takes an answer without a body for an empty one", async () => {
  const none = new Response(null, { status: 204 });
  assertEquals(await readBody(none, { maxSize: 0 }), new Uint8Array());
});

Deno.test("readBody() lets go of the rest when it ends early", async (t) => {
  await t.step("of what is too large", async () => {
    const { response, seen } = answer(["abc", "def"], "hangs");
    await assertRejects(
      () => readBody(response, { maxSize: 5 }),
      RangeError,
      "larger than 5 bytes",
    );
    assertEquals(seen.cancelled, 1);
  });
  await t.step("of what takes too long", async () => {
    const { response, seen } = answer(["abc"], "hangs");
    const error = await assertRejects(
      () => readBody(response, { maxSize: 5, bodyTimeoutMs: 2 }),
      LateBodyError,
    );
    assertEquals(error.message, "body took more than 0.002 s");
    assertEquals(error.name, "LateBodyError");
    assertEquals(seen.cancelled, 1);
  });
  await t.step("of what no one wants any more", async () => {
    const { response, seen } = answer(["abc"], "closes");
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(
      () => readBody(response, { maxSize: 5, signal }),
      Error,
      "enough",
    );
    assertEquals(seen.cancelled, 1);
  });
});

Deno.test("readBody() passes on what the connection fails with", async () => {
  const body = new ReadableStream<Bytes>({
    pull: () => Promise.reject(new Error("broken")),
  });
  await assertRejects(
    () => readBody(new Response(body), { maxSize: 5 }),
    Error,
    "broken",
  );
});

Deno.test("discardBody() lets go of a body, even of one that failed", async () => {
  const { response, seen } = answer(["abc"], "hangs");
  await discardBody(response);
  assertEquals(seen.cancelled, 1);
  await discardBody(new Response(null));
  const failed = new Response(
    new ReadableStream({ start: (controller) => controller.error("gone") }),
  );
  await discardBody(failed);
});
