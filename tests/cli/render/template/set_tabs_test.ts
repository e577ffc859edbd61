import { assertEquals } from "@std/assert";
import { setTabs } from "../../../../src/cli/render/template/set_tabs.ts";

// What Go's tabwriter.NewWriter(w, 12, 2, 2, ' ', 0) makes of the same.
const CASES: readonly [string, readonly string[], readonly string[]][] = [
  ["cells below each other", ["a\tb", "cc\td"], [
    "a           b",
    "cc          d",
  ]],
  ["a wide cell", ["a\tb", "0123456789abc\td"], [
    "a              b",
    "0123456789abc  d",
  ]],
  ["a line without tabs ends the column", ["0123456789abc\tb", "x", "a\tb"], [
    "0123456789abc  b",
    "x",
    "a           b",
  ]],
  ["a column that is empty", ["\ta", "\tb"], [
    "            a",
    "            b",
  ]],
  ["two columns, one short line", ["a\tb\tc", "a\tb", "a\tb\tc"], [
    "a           b           c",
    "a           b",
    "a           b           c",
  ]],
  ["wide characters", ["漢字漢字漢字\tb", "x\ty"], [
    "漢字漢字漢字  b",
    "x             y",
  ]],
];

Deno.test("setTabs() sets columns as text/tabwriter does", async (t) => {
  for (const [name, lines, expected] of CASES) {
    await t.step(name, () => assertEquals(setTabs(lines), expected));
  }
});
