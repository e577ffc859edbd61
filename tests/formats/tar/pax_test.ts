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

Deno.test("parsePax() reports what is malformed", async (t) => {
  const records = "its PAX records are malformed";
  const name = "a PAX record's key or name is malformed";
  const sparse = "its PAX records of a sparse file are malformed";
  const cases: readonly (readonly [string, string])[] = [
    ["x", records],
    ["8 uid=1x", records],
    ["8 uid=1", records],
    ["4 =\n", name],
    ["2 \n", records],
    ["3 a\n", records],
    ["000000008 uid=1\n", records],
    ["5 =1\n", name],
    ["9 path=\0\n", name],
    ["14 linkpath=\0\n", name],
    ["11 uname=\0\n", name],
    ["11 gname=\0\n", name],
    ["7 \0a=1\n", name],
    ["25 GNU.sparse.numbytes=1\n", sparse],
    ["23 GNU.sparse.offset=1\n".repeat(2), sparse],
    ["25 GNU.sparse.offset=1,2\n", sparse],
  ];
  for (const [body, expected] of cases) {
    await t.step(JSON.stringify(body), () => {
      assertThrows(() => parsePax(toBytes(body)), SyntaxError, expected);
    });
  }
});

Deno.test("parsePax() takes what is allowed, if only just", async (t) => {
  const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "": {},
    "5 a=\n": { a: "" },
    "00000013 a=x\n": { a: "x" },
    "7 c=\0=\n": { c: "\0=" },
    "23 GNU.sparse.offset=1\n25 GNU.sparse.numbytes=2\n": {
      "GNU.sparse.map": "1,2",
    },
    "19 GNU.sparse.map=\n23 GNU.sparse.offset=1\n25 GNU.sparse.numbytes=2\n5 a=\n":
      { "GNU.sparse.map": "1,2", a: "" },
  };
  for (const [body, expected] of Object.entries(cases)) {
    await t.step(JSON.stringify(body), () => {
      assertEquals(Object.fromEntries(parsePax(toBytes(body))), expected);
    });
  }
});

Deno.test("parsePaxNumber() and parsePaxTime() know their limits", () => {
  assertEquals(
    ["-5", "0", "0000000000000007", "-9007199254740991"].map((text) =>
      parsePaxNumber(text, "size")
    ),
    [-5, 0, 7, -(2 ** 53) + 1],
  );
  for (const text of ["00000000000000007", "9007199254740992", "--1", "1-"]) {
    assertThrows(
      () => parsePaxNumber(text, "uid"),
      SyntaxError,
      "its PAX uid is no number",
    );
  }
  const long = "9".repeat(15);
  assertEquals(parsePaxTime(`${long}.${"1".repeat(50)}`), {
    seconds: Number(long),
    nanoseconds: 111_111_111,
  });
  for (const text of [`9${long}`, `1.${"1".repeat(51)}`, "x"]) {
    assertThrows(
      () => parsePaxTime(text),
      SyntaxError,
      "its PAX mtime is no time",
    );
  }
});
