import { assertEquals } from "@std/assert";
import { escapeControls } from "../../src/cli/terminal.ts";

Deno.test("escapeControls() leaves nothing that moves the cursor", () => {
  const cases: readonly [string, string][] = [
    ["orlop: no\n\tway, é \u{1f6a2}", "orlop: no\n\tway, é \u{1f6a2}"],
    ["\x1b[31mred", "\\x1b[31mred"],
    ["\x9b31mred", "\\x9b31mred"],
    ["\x1b]0;title\x07\r\b\x7f\0", "\\x1b]0;title\\x07\\x0d\\x08\\x7f\\x00"],
  ];
  for (const [text, shown] of cases) assertEquals(escapeControls(text), shown);
});
