/** What the codes of a bzip2 block may be, in blocks that are made by hand. */

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";

/** A block of "x"; each is a text of bits. */
interface Block {
  readonly magic: string;
  readonly randomized: string;
  readonly start: string;
  /** The 16 groups of bytes that occur, and the members of each. */
  readonly used: string;
  readonly tableCount: string;
  readonly selectorCount: string;
  readonly selectors: string;
  readonly tables: string;
  readonly codes: string;
}

// Codes of 1, 2 and 2 bits: for a run of one, of two, and the end.
const TABLE = "00001 0 100 0";
const X: Block = {
  magic: hex("314159265359"),
  randomized: "0",
  start: number(0, 24),
  used: `${"0000000100000000"} ${"0000000010000000"}`,
  tableCount: number(2, 3),
  selectorCount: number(1, 15),
  selectors: "0",
  tables: TABLE + TABLE,
  codes: "0 11",
};

Deno.test("decodeBzip2() accepts codes of all lengths", async (t) => {
  const cases: Readonly<Record<string, Partial<Block>>> = {
    "as they are": {},
    "six tables": { tableCount: number(6, 3), tables: TABLE.repeat(6) },
    "the second table": {
      selectors: "10",
      // Codes of 2, 2 and 1 bits.
      tables: TABLE + "00010 0 0 110",
      codes: "10 0",
    },
    "a code of 20 bits": {
      tables: `00001 0 100 ${"10".repeat(18)}0${TABLE}`,
      codes: `0 11${"0".repeat(18)}`,
    },
    "a first length of 20 bits": {
      tables: `10100 ${"11".repeat(19)}0 100 0${TABLE}`,
    },
    "more selectors than are needed": {
      selectorCount: number(3, 15),
      selectors: "0 0 0",
    },
  };
  for (const [name, change] of Object.entries(cases)) {
    await t.step(name, () => {
      const made = decompressAll("bzip2", makeBzip2({ ...X, ...change }));
      assertEquals(made, toBytes("x"));
    });
  }
});

Deno.test("decodeBzip2() refuses codes that no one would write", async (t) => {
  const cases: Readonly<Record<string, Partial<Block>>> = {
    "one table": { tableCount: number(1, 3), tables: TABLE },
    "seven tables": { tableCount: number(7, 3), tables: TABLE.repeat(7) },
    "no selectors": { selectorCount: number(0, 15), selectors: "" },
    "a selector of no table": { selectors: "110" },
    "no bytes": { used: number(0, 16) },
    "a code of no bits": { tables: `00000 0 10100 0${TABLE}` },
    "a code of 21 bits": {
      tables: `00001 0 100 ${"10".repeat(19)}0${TABLE}`,
      codes: `0 11${"0".repeat(19)}`,
    },
    "too many short codes": { tables: `00001 0 0 0${TABLE}` },
    "a code that is not in use": {
      tables: `00010 0 0 0${TABLE}`,
      codes: "00 11 10",
    },
    "a start behind the end": { start: number(1, 24) },
    "another magic": { magic: hex("314159265358") },
    "a run that is longer than any": { codes: `${"10".repeat(40)} 11` },
    "more symbols than selectors": { codes: `${"0".repeat(16)} 11`.repeat(9) },
  };
  for (const [name, change] of Object.entries(cases)) {
    await t.step(name, () => {
      // So that nothing is waited for.
      const bytes = makeBzip2({ ...X, ...change }, "0".repeat(2000));
      const error = assertThrows(
        () => decompressAll("bzip2", bytes),
        InvalidLayerError,
      );
      const why = "its bzip2 data are damaged";
      const isSum = name === "more symbols than selectors";
      assertEquals(
        error.message,
        `Cannot decompress the layer: ${
          isSum ? "a bzip2 checksum is wrong" : why
        }`,
      );
    });
  }
  for (const level of ["0", ":"]) {
    await t.step(`level ${level}`, () => {
      const bytes = makeBzip2(X);
      bytes.set(toBytes(level), 3);
      assertThrows(
        () => decompressAll("bzip2", bytes),
        InvalidLayerError,
        "its bzip2 data are damaged",
      );
    });
  }
});

function makeBzip2(block: Block, after: string = ""): Bytes {
  const sum = number(sumOf(toBytes("x")), 32);
  const { magic, randomized, start, used, ...rest } = block;
  const bits = [
    ...[hex("425a6831"), magic, sum, randomized, start, used],
    ...[rest.tableCount, rest.selectorCount, rest.selectors, rest.tables],
    ...[rest.codes, hex("177245385090"), sum, after],
  ].join("").replaceAll(" ", "");
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => parseInt(byte.padEnd(8, "0"), 2));
}

/** CRC-32 with the highest bit first, bit by bit. */
function sumOf(bytes: Bytes): number {
  let sum = 0xffffffffn;
  for (const byte of bytes) {
    sum ^= BigInt(byte) << 24n;
    for (let bit = 0; bit < 8; bit++) {
      const isOut = (sum & 0x80000000n) !== 0n;
      sum = ((sum << 1n) & 0xffffffffn) ^ (isOut ? 0x04c11db7n : 0n);
    }
  }
  return Number(sum ^ 0xffffffffn);
}

function number(value: number, bits: number): string {
  return value.toString(2).padStart(bits, "0");
}

function hex(text: string): string {
  return [...text].map((digit) => number(parseInt(digit, 16), 4)).join("");
}
