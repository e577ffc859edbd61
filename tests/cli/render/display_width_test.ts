import { assertEquals } from "@std/assert";
import {
  cutToWidth,
  padToWidth,
  widthOf,
} from "../../../src/cli/render/display_width.ts";

Deno.test("widthOf() counts columns of a terminal", async (t) => {
  const cases: readonly [string, number][] = [
    ["", 0],
    ["web", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["漢字", 4],
    ["한", 2],
    ["ｆ", 2],
    ["\u{1f6a2}", 2],
    ["\u2714\ufe0f", 1],
    ["€…", 2],
  ];
  for (const [text, width] of cases) {
    await t.step(text || "nothing", () => assertEquals(widthOf(text), width));
  }
});

Deno.test("cutToWidth() never takes more columns than there are", async (t) => {
  const cases: readonly [string, number, string][] = [
    ["web", 3, "web"],
    ["webs", 3, "we…"],
    ["漢字", 4, "漢字"],
    ["漢字字", 4, "漢…"],
    ["漢字", 2, "…"],
    ["web", 1, "…"],
    ["web", 0, ""],
  ];
  for (const [text, width, expected] of cases) {
    await t.step(`${text} in ${width}`, () => {
      assertEquals(cutToWidth(text, width), expected);
    });
  }
});

Deno.test("padToWidth() fills up with blanks", () => {
  assertEquals(padToWidth("漢", 4), "漢  ");
  assertEquals(padToWidth("webs", 3), "webs");
});
