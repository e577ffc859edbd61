import { assertEquals } from "@std/assert";
import {
  showControls,
  showOnOneLine,
  showOutput,
} from "../../src/formats/visible_text.ts";

Deno.test("showControls() shows all that moves the cursor or hides", async (t) => {
  const cases: readonly [name: string, text: string, shown: string][] = [
    ["C0", "\x1b[31mred\0", "\\u001b[31mred\\u0000"],
    ["C0 of titles", "\x1b]0;t\x07\r\b", "\\u001b]0;t\\u0007\\u000d\\u0008"],
    ["DEL", "a\x7f", "a\\u007f"],
    ["C1", "\x9b31mred\x85", "\\u009b31mred\\u0085"],
    ["bidirectional overrides", "a\u202eb\u202c", "a\\u202eb\\u202c"],
    ["bidirectional isolates", "\u2066\u2069", "\\u2066\\u2069"],
    ["bidirectional marks", "\u061c\u200f", "\\u061c\\u200f"],
    ["zero width", "a\u200b\u200d\ufeffb", "a\\u200b\\u200d\\ufeffb"],
    ["soft hyphen", "a\u00adb", "a\\u00adb"],
    ["line separators", "a\u2028b\u2029", "a\\u2028b\\u2029"],
    ["tags", "\u{e0041}", "\\udb40\\udc41"],
    ["hidden selectors", "\u{e0101}", "\\udb40\\udd01"],
    ["blank letters", "\u3164\u115f", "\\u3164\\u115f"],
    ["half a pair", "\ud800", "\\ud800"],
  ];
  for (const [name, text, shown] of cases) {
    await t.step(name, () => {
      assertEquals(showControls(text), shown);
      // What was JSON is the same JSON.
      assertEquals(JSON.parse(showControls(JSON.stringify(text))), text);
    });
  }
});

Deno.test("showControls() leaves what people write alone", () => {
  for (
    const text of [
      "orlop: no\n\tway",
      "é e\u0301 \u{1f6a2} \u2714\ufe0f",
      "שלום مرحبا 漢字",
      "C:\\x",
    ]
  ) {
    assertEquals(showControls(text), text);
  }
});

Deno.test("showOnOneLine() makes no second line", () => {
  assertEquals(showOnOneLine("a\r\n  b\tc\vd\f\ne"), "a b c d e");
  assertEquals(showOnOneLine("a  b\n\0"), "a  b \\u0000");
});

Deno.test("showOutput() keeps colours and ends of lines, and shows the rest", async (t) => {
  const red = "\x1b[1;31mred\x1b[0m";
  const cases: readonly (readonly [string, string, string])[] = [
    [red, red, "red"],
    ["\x1b[38:5:1mx", "\x1b[38:5:1mx", "x"],
    ["\x1b[mx", "\x1b[mx", "x"],
    ["\x1b[2Jx", "\\u001b[2Jx", "\\u001b[2Jx"],
    ["a\r\nb\r\n", "a\nb\n", "a\nb\n"],
    ["a\rb", "a\\u000db", "a\\u000db"],
    ["", "", ""],
  ];
  for (const [text, colored, plain] of cases) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(showOutput(text, { isColored: true }), colored);
      assertEquals(showOutput(text, { isColored: false }), plain);
    });
  }
});
