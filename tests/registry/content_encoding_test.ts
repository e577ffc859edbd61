import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { type Bytes, toText } from "../../src/formats/bytes.ts";
import {
  decodeBody,
  encodingOf,
  encodingProblem,
  unpackBody,
} from "../../src/registry/content_encoding.ts";

const PLAIN = new TextEncoder().encode("x".repeat(1000));
const PACKED = new Uint8Array(gzipSync(PLAIN));

function answer(encoding?: string, body: Bytes = PACKED): Response {
  const headers = new Headers();
  if (encoding !== undefined) headers.set("content-encoding", encoding);
  return new Response(body, { headers });
}

Deno.test("encodingOf() reports what a body is said to be", async (t) => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, "identity"],
    ["", "identity"],
    ["identity", "identity"],
    [" Identity ", "identity"],
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, gzip", "other"],
    ["br", "other"],
    ["aws-chunked", "other"],
    ["utf-8", "other"],
    ["none", "other"],
  ];
  for (const [header, encoding] of cases) {
    await t.step(header ?? "no header", () => {
      assertEquals(encodingOf(answer(header)), encoding);
    });
  }
});

Deno.test("encodingProblem() shows a header, and not too much of it", () => {
  const told = (header?: string) => encodingProblem(answer(header));
  assertEquals(told("br"), 'server used Content-Encoding "br"');
  assertEquals(told(), 'server used Content-Encoding ""');
  assertEquals(
    told("b".repeat(41)),
    `server used Content-Encoding "${"b".repeat(40)}"`,
  );
});

Deno.test("decodeBody() unpacks what is packed, and nothing else", async (t) => {
  const options = { maxSize: 1000 };
  // A header, the body, and whether it is unpacked.
  const cases: readonly (readonly [string | undefined, Bytes, Bytes])[] = [
    ["gzip", PACKED, PLAIN],
    ["x-gzip", PACKED, PLAIN],
    [undefined, PACKED, PACKED],
    ["identity", PACKED, PACKED],
    ["br", PACKED, PACKED],
    ["gzip", PLAIN, PLAIN],
    ["gzip", new Uint8Array([0x1f, 0]), new Uint8Array([0x1f, 0])],
    ["gzip", new Uint8Array([0, 0x8b]), new Uint8Array([0, 0x8b])],
    ["gzip", new Uint8Array(), new Uint8Array()],
  ];
  for (const [header, body, expected] of cases) {
    await t.step(`${header}, ${body.length} bytes`, async () => {
      const decoded = await decodeBody(answer(header, body), body, options);
      assertEquals(decoded, expected);
    });
  }
});

Deno.test("decodeBody() unpacks no more than was agreed", async () => {
  await assertRejects(
    () => decodeBody(answer("gzip"), PACKED, { maxSize: 999 }),
    RangeError,
    "larger than 999 bytes",
  );
});

Deno.test("unpackBody() can be read into buffers, to its end", async () => {
  const unpacked = unpackBody(new Blob([PACKED]).stream());
  const reader = unpacked.getReader({ mode: "byob" });
  let text = "";
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(300));
    if (done) break;
    assert(value.length <= 300);
    text += toText(value);
  }
  assertEquals(text, toText(PLAIN));
});

Deno.test("unpackBody() lets go of the body that no one reads on", async () => {
  let reason: unknown;
  const body = new ReadableStream<Bytes>({
    pull: (controller) => controller.enqueue(PACKED.slice(0, 15)),
    cancel: (why) => {
      reason = why;
    },
  }, { highWaterMark: 0 });
  const why = new Error("enough");
  await unpackBody(body).cancel(why);
  assertEquals(reason, why);
});
