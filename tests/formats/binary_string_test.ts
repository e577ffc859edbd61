import { assertEquals } from "@std/assert";
import {
  decodeBinaryString,
  fromBinaryString,
  showBinaryString,
  toBinaryString,
} from "../../src/formats/binary_string.ts";

Deno.test("binary strings have a character for each byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const part = bytes.subarray(100, 200);
  assertEquals(fromBinaryString(toBinaryString(bytes)), bytes);
  assertEquals(fromBinaryString(toBinaryString(part)), part.slice());
  assertEquals(toBinaryString(part).length, 100);
});

Deno.test("decodeBinaryString() decodes UTF-8, and nothing else", async (t) => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["", ""],
    ["a\x7f\0", "a\x7f\0"],
    ["\xc3\xa9", "é"],
    ["\xef\xbb\xbfa", "\ufeffa"],
    ["a\xff", undefined],
    ["\xc3", undefined],
    ["\x80", undefined],
  ];
  for (const [binary, text] of cases) {
    await t.step(JSON.stringify(binary), () => {
      assertEquals(decodeBinaryString(binary), text);
    });
  }
});

Deno.test("showBinaryString() shows names of any encoding, and not all of long ones", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["\xc3\xa9", '"é"'],
    ['a"\xff', '"a\\"ÿ"'],
    ["x".repeat(200), `"${"x".repeat(200)}"`],
    ["x".repeat(201), `"${"x".repeat(200)}…"`],
  ];
  for (const [binary, shown] of cases) {
    await t.step(shown.slice(0, 20), () => {
      assertEquals(showBinaryString(binary), shown);
    });
  }
});
