import { assertEquals, assertThrows } from "@std/assert";
import {
  checkPart,
  refuse,
} from "../../../../src/cri/runtime/state/check_text.ts";

Deno.test("checkPart() takes texts that records can hold", () => {
  for (const text of ["", "a b", "ä\u2028", "x".repeat(4096)]) {
    checkPart("label", text);
  }
});

Deno.test("checkPart() refuses long ones, and control characters", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["x".repeat(4097), `"${"x".repeat(80)}": more than 4096 characters`],
    ["\0", '"?": it has a control character'],
    ["a\x1f", '"a?": it has a control character'],
    ["a\x7fb", '"a?b": it has a control character'],
  ];
  for (const [text, why] of cases) {
    await t.step(why.slice(-30), () => {
      const error = assertThrows(() => checkPart("label", text), TypeError);
      assertEquals(error.message, `Cannot use label ${why}`);
    });
  }
});

Deno.test("refuse() shows 80 characters at most", () => {
  const told = (text: string) =>
    assertThrows(() => refuse("x", text, "no"), TypeError).message;
  assertEquals(told("a".repeat(80)), `Cannot use x "${"a".repeat(80)}": no`);
  assertEquals(told("a".repeat(81)), `Cannot use x "${"a".repeat(80)}": no`);
});
