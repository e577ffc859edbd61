import { assertEquals, assertRejects } from "@std/assert";
import { openLineReader } from "../../../src/engine/monitor/read_line.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { until } from "../../support/until.ts";

function reader(...chunks: readonly string[]) {
  return openLineReader(ReadableStream.from(chunks.map(toBytes)));
}

/** All lines, to the end. */
async function readAll(...chunks: readonly string[]): Promise<string[]> {
  using lines = reader(...chunks);
  const all: string[] = [];
  for (;;) {
    const line = await lines.next();
    if (line === undefined) return all;
    all.push(line);
  }
}

Deno.test("openLineReader() reads lines, wherever they are cut", async (t) => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[], []],
    [[""], []],
    [["a\n"], ["a"]],
    [["a"], ["a"]],
    [["a\nb"], ["a", "b"]],
    [["a", "b\nc", "\n"], ["ab", "c"]],
    [["\n\n"], ["", ""]],
    [["a\r\n"], ["a\r"]],
  ];
  for (const [chunks, lines] of cases) {
    await t.step(JSON.stringify(chunks), async () => {
      assertEquals(await readAll(...chunks), lines);
    });
  }
});

Deno.test("openLineReader() keeps a character whole that is cut", async () => {
  const [first, second] = toBytes("ä");
  const bytes = [first, second, 0x0a].map((byte) => Uint8Array.of(byte ?? 0));
  using lines = openLineReader(ReadableStream.from(bytes));
  assertEquals(await lines.next(), "ä");
});

Deno.test("openLineReader() takes 1 MiB for a line, and no more", async () => {
  const long = "x".repeat(1024 * 1024);
  const lengths = async (...chunks: readonly string[]) =>
    (await readAll(...chunks)).map(({ length }) => length);
  assertEquals(await lengths(long, "\nb"), [long.length, 1]);
  assertEquals(await lengths(long, "yz", "\nb"), [long.length + 2, 0, 1]);
});

Deno.test("openLineReader() ends with its caller's signal, or its scope", async (t) => {
  const open = () => {
    let reason: unknown = "still open";
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      cancel: (why) => {
        reason = why;
      },
    });
    return { lines: openLineReader(stream), reasonOf: () => reason };
  };
  await t.step("while it waits", async () => {
    const stop = new AbortController();
    const { lines } = open();
    const waiting = lines.next(stop);
    stop.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
  });
  await t.step("before it waits", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    using lines = reader("a\n");
    await assertRejects(() => lines.next({ signal }), Error, "enough");
    assertEquals(await lines.next(), "a");
  });
  await t.step("with its scope", async () => {
    const { lines, reasonOf } = open();
    lines[Symbol.dispose]();
    await until(() => reasonOf() === undefined);
  });
});
