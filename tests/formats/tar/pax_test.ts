import { assertEquals, assertThrows } from "@std/assert";
import { toBinaryString } from "../../../src/formats/binary_string.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import {
  encodePax,
  parsePax,
  parsePaxNumber,
  parsePaxTime,
} from "../../../src/formats/tar/pax.ts";

Deno.test("parsePax() reads what encodePax() writes", () => {
  const records = new Map([
    ["path", "a".repeat(90)],
    ["mtime", "1.5"],
    ["SCHILY.xattr.user.any", "\0\n=\xff 5 x=y\n"],
    ["comment", ""],
  ]);
  assertEquals(parsePax(encodePax(records)), records);
});

Deno.test("encodePax() counts a length's own digits", () => {
  for (const length of [1, 3, 4, 5, 92, 93, 94, 95, 990, 991, 992, 993]) {
    const body = encodePax(new Map([["k", "v".repeat(length)]]));
    assertEquals(parseInt(toBinaryString(body)), body.length);
  }
});

Deno.test("parsePax() lets a later record of a key win", () => {
  const body = toBytes("8 uid=1\n8 uid=2\n");
  assertEquals(parsePax(body), new Map([["uid", "2"]]));
});

Deno.test("parsePax() refuses malformed records", async (t) => {
  for (
    const body of [
      "x",
      "8 uid=1",
      "9 uid=1\n",
      "7 uid=1\n",
      " uid=1\n",
      "-8 uid=1\n",
      "08e0 uid=1\n",
      "5 =1\n",
      "9 path=\0\n",
      "8 uid 1\n",
    ]
  ) {
    await t.step(JSON.stringify(body), () => {
      assertThrows(() => parsePax(toBytes(body)), SyntaxError);
    });
  }
});

Deno.test("parsePaxTime() rounds down, also before 1970", async (t) => {
  const cases = [
    ["0", 0, 0],
    ["1600000000", 1600000000, 0],
    ["1600000000.", 1600000000, 0],
    ["1.5", 1, 500_000_000],
    ["1.0000000019", 1, 1],
    ["-1", -1, 0],
    ["-1.25", -2, 750_000_000],
    ["-0", 0, 0],
  ] as const;
  for (const [text, seconds, nanoseconds] of cases) {
    await t.step(text, () => {
      assertEquals(parsePaxTime(text), { seconds, nanoseconds });
    });
  }
  for (const text of ["", "1e9", ".5", "1,5", "+1", "0x1", " 1", "--1"]) {
    await t.step(`refuses "${text}"`, () => {
      assertThrows(() => parsePaxTime(text), SyntaxError);
    });
  }
});

Deno.test("parsePaxNumber() takes exact decimals only", async (t) => {
  assertEquals(parsePaxNumber("9007199254740991", "size"), 2 ** 53 - 1);
  for (const text of ["", "1.0", "9007199254740993", "1e3", "+1", " 1"]) {
    await t.step(`refuses "${text}"`, () => {
      assertThrows(() => parsePaxNumber(text, "size"), SyntaxError);
    });
  }
});
