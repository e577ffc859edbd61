import { assertEquals, assertThrows } from "@std/assert";
import { LzmaDecoder } from "../../../src/formats/compression/lzma.ts";
import { LzmaWindow } from "../../../src/formats/compression/lzma_window.ts";

function open(): { readonly decoder: LzmaDecoder; readonly made: number[] } {
  const made: number[] = [];
  const window = new LzmaWindow(4096, (bytes) => void made.push(...bytes));
  const decoder = new LzmaDecoder(window);
  decoder.setProperties(0);
  const decode = decoder.decode.bind(decoder);
  decoder.decode = (input, size) => {
    decode(input, size);
    window.flush();
  };
  return { decoder, made };
}

Deno.test("LzmaDecoder knows the properties that LZMA2 allows", () => {
  const { decoder } = open();
  const allowed: number[] = [];
  for (let properties = 0; properties < 256; properties++) {
    try {
      decoder.setProperties(properties);
      allowed.push(properties);
    } catch (error) {
      assertEquals(`${error}`, "SyntaxError: its properties are malformed");
    }
  }
  // lc + 9 lp + 45 pb, where lc + lp is at most 4, and pb too.
  const expected = [0, 1, 2, 3, 4].flatMap((pb) =>
    [0, 1, 2, 3, 4].flatMap((lp) =>
      [0, 1, 2, 3, 4].slice(0, 5 - lp).map((lc) => lc + 9 * lp + 45 * pb)
    )
  );
  assertEquals(allowed, expected);
});

Deno.test("LzmaDecoder holds a chunk to its length and its end", async (t) => {
  const cases: readonly (readonly [string, readonly number[], number])[] = [
    ["no bytes at all", [], 1],
    ["less than begins a chunk", [0, 0, 0, 0], 1],
    ["a first byte that is not zero", [1, 0, 0, 0, 0, 0], 1],
    ["a byte too few", [0, 0, 0, 0, 0], 1],
    ["a byte too many", [0, 0, 0, 0, 0, 0, 0], 1],
    ["a rest that is not used up", [0, 0, 0, 0, 0, 1], 1],
    ["more than it holds", [0, 0, 0, 0, 0, 0], 9],
  ];
  for (const [name, input, size] of cases) {
    await t.step(name, () => {
      const { decoder } = open();
      assertThrows(
        () => decoder.decode(Uint8Array.from(input), size),
        SyntaxError,
        "its LZMA data are damaged",
      );
    });
  }
  await t.step("what is right", () => {
    // Nine even chances that are all taken: a literal of zero.
    const { decoder, made } = open();
    decoder.decode(new Uint8Array(6), 1);
    assertEquals(made, [0]);
  });
  for (const value of [0, 1, 0x61, 0xfe, 0xff]) {
    await t.step(`a literal of ${value}`, () => {
      const { decoder, made } = open();
      const bits = value.toString(2).padStart(8, "0");
      decoder.decode(encodeBits(`0${bits}`), 1);
      assertEquals(made, [value]);
    });
  }
});

/** Encodes bits whose chances are even: the lower bound of what they leave. */
function encodeBits(bits: string): Uint8Array<ArrayBuffer> {
  let [low, range, bytes] = [0n, 0xffffffffn, 5];
  const normalize = () => {
    if (range >= 1n << 24n) return;
    range <<= 8n;
    low <<= 8n;
    bytes++;
  };
  for (const bit of bits) {
    normalize();
    const bound = (range >> 11n) * 1024n;
    if (bit === "1") low += bound;
    range = bit === "1" ? range - bound : bound;
  }
  normalize();
  return Uint8Array.fromHex(low.toString(16).padStart(2 * bytes, "0"));
}
