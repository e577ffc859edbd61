import { assertEquals, assertThrows } from "@std/assert";
import { splitCsv } from "../../../src/formats/config/csv.ts";

Deno.test("splitCsv() splits at commas outside of quotes", async (t) => {
  const table: [string, string[]][] = [
    ["", [""]],
    ["a", ["a"]],
    ["a,b", ["a", "b"]],
    ["a,", ["a", ""]],
    [",", ["", ""]],
    ['"a,b",c', ["a,b", "c"]],
    ['"a""b"', ['a"b']],
    ['""', [""]],
    [" a, b ", [" a", " b "]],
    ["a\nb,c", ["a\nb", "c"]],
  ];
  for (const [text, expected] of table) {
    await t.step(text, () => assertEquals(splitCsv(text), expected));
  }
});

Deno.test("splitCsv() refuses quotes that mean nothing", async (t) => {
  for (const text of ['a"b', '"a', '"a"b', 'a,"b', '"']) {
    await t.step(text, () => {
      assertThrows(() => splitCsv(text), SyntaxError, "out of place");
    });
  }
});
