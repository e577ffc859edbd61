import { assertEquals } from "@std/assert";
import { countSame, countSameAtEnd } from "../../src/formats/compare_bytes.ts";
import { toBytes } from "../../src/formats/bytes.ts";

Deno.test("countSame() and countSameAtEnd() count equal bytes", async (t) => {
  const cases: readonly (readonly [string, string, number, number])[] = [
    ["", "", 0, 0],
    ["", "a", 0, 0],
    ["a", "a", 1, 1],
    ["a", "b", 0, 0],
    ["abcd", "abcd", 4, 4],
    ["abcdefghi", "abcdefghi", 9, 9],
    ["abcdefghi", "abcdefgh", 8, 0],
    ["abcdefghi", "bcdefghi", 0, 8],
    ["abcdXfghi", "abcdYfghi", 4, 4],
    ["Xbcdefghi", "Ybcdefghi", 0, 8],
    ["abcdefghX", "abcdefghY", 8, 0],
    ["abcXefghijk", "abcYefghijk", 3, 7],
    ["ab", "abab", 2, 2],
  ];
  for (const [one, other, first, last] of cases) {
    await t.step(`"${one}" and "${other}"`, () => {
      for (const [a, b] of [[one, other], [other, one]] as const) {
        assertEquals(countSame(toBytes(a), toBytes(b)), first);
        assertEquals(countSameAtEnd(toBytes(a), toBytes(b)), last);
      }
    });
  }
  await t.step("bytes inside of a larger buffer", () => {
    const bytes = toBytes("--abcdef--").subarray(2, 8);
    assertEquals(countSame(bytes, toBytes("abcdef--")), 6);
    assertEquals(countSameAtEnd(bytes, toBytes("--abcdef")), 6);
  });
});
