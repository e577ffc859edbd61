import { assertEquals, assertThrows } from "@std/assert";
import { randomBytes } from "node:crypto";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { filter } from "../../support/filter.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";
import { needs } from "../../support/peers.ts";

const TEXT = toBytes(
  Array.from({ length: 20_000 }, (_, n) => `${n * n};`).join(""),
);
const EMPTY = "QlpoORdyRThQkAAAAAA=";

Deno.test("decodeBzip2() reads an empty stream", () => {
  const bytes = Uint8Array.fromBase64(EMPTY);
  for (const step of [1, Infinity]) {
    assertEquals(decompressAll("bzip2", bytes, step), new Uint8Array(0));
  }
});

Deno.test("decodeBzip2() reads what bzip2 writes", {
  ...needs("bzip2"),
}, async (t) => {
  const random = new Uint8Array(randomBytes(120_000));
  const runs = concatBytes(
    [1, 3, 4, 5, 254, 255, 258, 259, 260, 100_000, 300_000].map((length) =>
      new Uint8Array(length).fill(length)
    ),
  );
  const cases: readonly (readonly [string, Bytes, readonly string[]])[] = [
    ["a byte", toBytes("x"), []],
    ["text", TEXT, []],
    ["what does not compress", random, []],
    ["runs of all lengths", runs, []],
    ["small blocks", concatBytes([TEXT, random]), ["-1"]],
    ["all bytes", Uint8Array.from({ length: 256 }, (_, n) => n), []],
    ["one byte, often", new Uint8Array(900_000), []],
    ["two blocks", concatBytes([runs, random]), ["-1"]],
  ];
  for (const [name, plain, flags] of cases) {
    for (const step of [999, Infinity]) {
      await t.step(`${name}, ${step} at a time`, async () => {
        const packed = await filter("bzip2", [...flags, "-c"], plain);
        const made = decompressAll("bzip2", packed, step);
        assertEquals(digestOf(made), digestOf(plain));
      });
    }
  }
  await t.step("several streams, and zeros", async () => {
    const one = await filter("bzip2", ["-c"], TEXT);
    const two = await filter("bzip2", ["-1", "-c"], toBytes("two"));
    const packed = concatBytes([one, two, new Uint8Array(5)]);
    const plain = concatBytes([TEXT, toBytes("two")]);
    assertEquals(digestOf(decompressAll("bzip2", packed)), digestOf(plain));
  });
});

Deno.test("decodeBzip2() reports what is wrong", {
  ...needs("bzip2"),
}, async (t) => {
  const good = await filter("bzip2", ["-c"], TEXT);
  const end = good.length;
  const cases: readonly (readonly [string, Bytes, string])[] = [
    ["a cut header", good.slice(0, 3), "it is cut short"],
    ["a cut block", good.slice(0, 5000), "it is cut short"],
    ["a cut end", good.slice(0, -1), "it is cut short"],
    ["level 0", set(good, 3, 0x30), "bzip2 data are damaged"],
    ["another magic of a block", flip(good, 5), "bzip2 data are damaged"],
    ["a wrong sum of a block", flip(good, 11), "a bzip2 checksum is wrong"],
    ["a wrong sum of all", flip(good, end - 3), "a bzip2 checksum is wrong"],
    ["damaged data", flip(good, 6000), ""],
    ["an obsolete block", set(good, 14, 0x80), "of a kind that is obsolete"],
    ["a start beyond the block", set(good, 14, 0x7f), "data are damaged"],
    ["a block beyond its level", set(good, 3, 0x31), "data are damaged"],
    ["junk", concatBytes([good, toBytes("junk")]), "other bytes follow"],
    [
      "zeros, then a stream",
      concatBytes([good, new Uint8Array(4), good]),
      "other bytes follow",
    ],
  ];
  for (const [name, bytes, expected] of cases) {
    for (const step of [999, Infinity]) {
      await t.step(`${name}, ${step} at a time`, () => {
        assertThrows(
          () => decompressAll("bzip2", bytes, step),
          InvalidLayerError,
          expected,
        );
      });
    }
  }
});

function flip(bytes: Bytes, at: number): Bytes {
  return set(bytes, at, (bytes[at] ?? 0) ^ 1);
}

function set(bytes: Bytes, at: number, value: number): Bytes {
  return bytes.map((byte, index) => index === at ? value : byte);
}
