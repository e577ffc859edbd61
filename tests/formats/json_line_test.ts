import { assertEquals } from "@std/assert";
import { findLineOfProblem } from "../../src/formats/json_line.ts";

Deno.test("findLineOfProblem() finds where a text stops to be JSON", async (t) => {
  const cases: readonly (readonly [text: string, line: number])[] = [
    ["", 1],
    ["{", 1],
    ["secret:token", 1],
    ['{"a":secret}', 1],
    ['{"a":1,\n "b" 2}', 2],
    ["[1,\n2", 2],
    ["[1,\n\n]", 3],
    ['{"a":1,\n}', 2],
    ['{"a":1}\n\nx', 3],
    ["\n\n\n01", 4],
    ["[1.\n]", 1],
    ["[\n[\n[1,]]]", 3],
    ['{"a":{\n"b":tru}}', 2],
    ['{\n"a":"x\ny"}', 2],
    ['{"a":"\\q"}', 1],
    ['[true,\nfalse,\nnull, 1e5,\n-0.5 "x"]', 4],
    ["\ufeff{}", 1],
  ];
  for (const [text, line] of cases) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(findLineOfProblem(text), line);
    });
  }
});
