import { assertEquals, assertRejects } from "@std/assert";
import { type Bytes, toBytes, toText } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { ChunkReader } from "../../../src/registry/upload/chunk_reader.ts";

/** A stream of some pieces, which then ends, or never. */
function streamOf(pieces: readonly string[], end: "end" | "hang" = "end") {
  const cancelled: unknown[] = [];
  const left = [...pieces];
  const stream = new ReadableStream<Bytes>({
    pull(out) {
      const piece = left.shift();
      if (piece !== undefined) out.enqueue(toBytes(piece));
      else if (end === "end") out.close();
    },
    cancel: (reason) => void cancelled.push(reason),
  });
  return { stream, cancelled };
}

Deno.test("ChunkReader makes chunks of one size of pieces of any", async (t) => {
  const cases: readonly (readonly [readonly string[], number, string[]])[] = [
    [[], 3, [""]],
    [["", ""], 3, [""]],
    [["a"], 3, ["a"]],
    [["abc"], 3, ["abc"]],
    [["abcdef"], 3, ["abc", "def"]],
    [["abc", "", "defg", "h"], 3, ["abc", "def", "gh"]],
    [["a", "b", "c", "d", "e", "f", "g"], 5, ["abcde", "fg"]],
    [["abcdefghij"], 1, [..."abcdefghij"]],
    [[..."abcdefghij"], 100, ["abcdefghij"]],
  ];
  for (const [pieces, chunkSize, expected] of cases) {
    await t.step(`${pieces} by ${chunkSize}`, async () => {
      const { stream } = streamOf(pieces);
      await using reader = new ChunkReader(stream, { chunkSize });
      const found: string[] = [];
      for (let start = 0;;) {
        const chunk = await reader.read();
        assertEquals(chunk.start, start);
        found.push(toText(chunk.bytes));
        start += chunk.bytes.length;
        assertEquals(reader.size, start);
        if (chunk.isLast) break;
      }
      assertEquals(found, expected);
      assertEquals(reader.digest(), digestOf(pieces.join("")));
    });
  }
});

Deno.test("ChunkReader leaves a chunk while the next one is read", async () => {
  const { stream } = streamOf(["aaabbbcccd"]);
  await using reader = new ChunkReader(stream, { chunkSize: 3 });
  let last = await reader.read();
  for (const text of ["aaa", "bbb", "ccc"]) {
    const next = await reader.read();
    assertEquals(toText(last.bytes), text);
    last = next;
  }
  assertEquals([toText(last.bytes), last.isLast], ["d", Boolean(last)]);
});

Deno.test("ChunkReader ends its source, once, with the reason for it", async (t) => {
  const enough = new Error("enough");
  await t.step("when it is disposed of", async () => {
    const controller = new AbortController();
    const { stream, cancelled } = streamOf(["abc", "def"], "hang");
    {
      const { signal } = controller;
      await using reader = new ChunkReader(stream, { chunkSize: 2, signal });
      await reader.read();
    }
    controller.abort(enough);
    assertEquals(cancelled, [undefined]);
  });
  await t.step("when its caller gives up", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { stream, cancelled } = streamOf(["abc"], "hang");
    await using reader = new ChunkReader(stream, { chunkSize: 9, signal });
    setTimeout(() => controller.abort(enough), 10);
    assertEquals(await assertRejects(() => reader.read(), Error), enough);
    assertEquals(cancelled, [enough]);
  });
  await t.step("when its caller had given up", async () => {
    const { stream } = streamOf(["abc"]);
    const signal = AbortSignal.abort(enough);
    await using reader = new ChunkReader(stream, { chunkSize: 9, signal });
    assertEquals(await assertRejects(() => reader.read(), Error), enough);
  });
});
