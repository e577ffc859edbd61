import { assertEquals, assertThrows } from "@std/assert";
import { LzmaWindow } from "../../../src/formats/compression/lzma_window.ts";
import { seededRandom } from "../../support/seeded.ts";

interface Opened {
  readonly window: LzmaWindow;
  /** All that came out, and how much at a time. */
  readonly emitted: number[];
  readonly sizes: number[];
}

function open(limit: number): Opened {
  const emitted: number[] = [];
  const sizes: number[] = [];
  const window = new LzmaWindow(limit, (bytes) => {
    for (const byte of bytes) emitted.push(byte);
    sizes.push(bytes.length);
  });
  return { window, emitted, sizes };
}

Deno.test("LzmaWindow gives out what is put in, and repeats what it keeps", async (t) => {
  // Less than its first room, more than that, and several times as much.
  for (const limit of [16, 4096, 96 * 1024, 400 * 1024]) {
    await t.step(`of ${limit} bytes`, () => {
      const random = seededRandom(`window of ${limit}`);
      const pick = (count: number) => Math.floor(random() * count);
      const { window, emitted } = open(limit);
      const expected: number[] = [];
      const most = Math.max(20, limit / 40);
      while (expected.length < 3.5 * limit) {
        const kind = pick(4);
        if (kind === 0) {
          const byte = pick(256);
          window.put(byte);
          expected.push(byte);
        } else if (kind === 1) {
          const bytes = Uint8Array.from(
            { length: pick(most) },
            () => pick(256),
          );
          window.append(bytes);
          expected.push(...bytes);
        } else if (expected.length > 0) {
          const kept = Math.min(limit, expected.length);
          const near = kind === 2 ? Math.min(kept, 9) : kept;
          const distance = pick(9) === 0 ? kept : 1 + pick(near);
          assertEquals(window.back(distance), expected.at(-distance));
          const length = 2 + pick(most);
          window.copy(distance, length);
          for (let n = 0; n < length; n++) {
            expected.push(expected.at(-distance) ?? -1);
          }
        }
        assertEquals(window.total, expected.length);
        if (pick(50) === 0) {
          window.flush();
          assertEquals(emitted.length, expected.length);
        }
      }
      window.flush();
      assertEquals(emitted.length, expected.length);
      const wrong = emitted.findIndex((byte, at) => byte !== expected[at]);
      assertEquals(wrong, -1);
    });
  }
});

Deno.test("LzmaWindow refers to nothing before its beginning, or its limit", () => {
  const why = "it refers to what was before its beginning";
  const { window } = open(16);
  assertThrows(() => window.copy(1, 1), SyntaxError, why);
  window.append(Uint8Array.from({ length: 15 }, (_, n) => n));
  assertThrows(() => window.copy(16, 1), SyntaxError, why);
  window.put(15);
  window.copy(16, 1);
  assertThrows(() => window.copy(17, 1), SyntaxError, why);
  assertEquals([window.total, window.back(1)], [17, 0]);
});

Deno.test("LzmaWindow hands out each byte once, and forgets at a reset", () => {
  const { window, emitted, sizes } = open(32);
  window.flush();
  assertEquals(sizes, []);
  window.append(Uint8Array.of(1, 2, 3));
  window.flush();
  window.flush();
  window.put(4);
  window.reset();
  assertEquals([emitted, sizes], [[1, 2, 3, 4], [3, 1]]);
  assertEquals(window.total, 0);
  assertThrows(() => window.copy(1, 1), SyntaxError);
  window.append(Uint8Array.of(5));
  window.flush();
  assertEquals([emitted, sizes], [[1, 2, 3, 4, 5], [3, 1, 1]]);
});

Deno.test("LzmaWindow takes as much memory as it needs", () => {
  const KIB = 1024;
  const { window, sizes } = open(1024 * KIB);
  window.append(new Uint8Array(2100 * KIB));
  window.flush();
  // Its ring has 64 KiB first, then 4 times as much, up to its limit.
  assertEquals(
    sizes.map((size) => size / KIB),
    [64, 192, 768, 1024, 52],
  );
  const small = open(4 * KIB);
  small.window.append(new Uint8Array(9 * KIB));
  small.window.flush();
  assertEquals(small.sizes.map((size) => size / KIB), [4, 4, 1]);
});
