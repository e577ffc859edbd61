/** What the headers of xz may say: "The .xz File Format" 1.2.1. */

import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";
import {
  makeXz,
  plainChunk,
  type XzStream,
} from "../../support/images/xz_builder.ts";

const LITTLE_ENDIAN = true;
const HELLO = toBytes("hello");
const GOOD: XzStream = { chunks: [plainChunk(1, HELLO)], unpacked: 5 };
const CRC32 = new Uint8Array(4);
new DataView(CRC32.buffer).setUint32(0, crc32(HELLO), LITTLE_ENDIAN);
const SHA256 = new Uint8Array(createHash("sha256").update(HELLO).digest());

Deno.test("decodeXz() accepts what it knows", async (t) => {
  const cases: Readonly<Record<string, Partial<XzStream>>> = {
    "a dictionary of 4 KiB": { filter: [0x21, 1, 0] },
    "a dictionary of 128 MiB": { filter: [0x21, 1, 30] },
    "zeros after the filter": { headerPadding: [0, 0, 0, 0, 0, 0, 0, 0] },
    "a CRC32": { flags: [0, 1], check: CRC32 },
    "a SHA-256": { flags: [0, 10], check: SHA256 },
  };
  for (const [name, change] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(decompressAll("xz", makeXz({ ...GOOD, ...change })), HELLO);
    });
  }
});

Deno.test("decodeXz() refuses what it does not know", async (t) => {
  const filters = "it uses other filters than LZMA2";
  const cases: Readonly<Record<string, readonly [Partial<XzStream>, string]>> =
    {
      "a dictionary of 192 MiB": [
        { filter: [0x21, 1, 31] },
        "its dictionary of 201326592 bytes is larger than 134217728",
      ],
      "a dictionary of 256 MiB": [
        { filter: [0x21, 1, 32] },
        "its dictionary of 268435456 bytes is larger than 134217728",
      ],
      "a dictionary of 3 GiB": [
        { filter: [0x21, 1, 39] },
        "its dictionary of 3221225472 bytes is larger than 134217728",
      ],
      "the largest dictionary": [
        { filter: [0x21, 1, 40] },
        "its dictionary of 4294967296 bytes is larger than 134217728",
      ],
      "a dictionary of no size": [
        { filter: [0x21, 1, 41] },
        "its dictionary's size is malformed",
      ],
      "a filter before LZMA2": [{ blockFlags: 0xc1 }, filters],
      "a reserved bit of a block": [{ blockFlags: 0xc4 }, filters],
      "another filter": [{ filter: [0x20, 1, 22] }, filters],
      "properties of two bytes": [{ filter: [0x21, 2, 22, 0] }, filters],
      "no properties": [{ filter: [0x21, 0] }, filters],
      "more after the filter": [
        { headerPadding: [0, 1] },
        "its padding is not zero",
      ],
      "padding of a block that is not zero": [
        { blockPadding: 1 },
        "its padding is not zero",
      ],
      "a check of a reserved kind": [
        { flags: [0, 2], check: CRC32 },
        "its check 2 is not supported",
      ],
      "flags of the future": [
        { flags: [1, 0] },
        "its check 0 is not supported",
      ],
      "a wrong CRC32": [
        {
          flags: [0, 1],
          check: CRC32.map((byte, at) => at === 3 ? ~byte : byte),
        },
        "a block's check is wrong",
      ],
      "a wrong SHA-256": [
        { flags: [0, 10], check: SHA256.toReversed() },
        "a block's check is wrong",
      ],
      "a number that is cut by the header's end": [
        { filter: [0x80, 0x80, 0x80] },
        "a number in its headers is malformed",
      ],
      "a number with a byte too many": [
        { filter: [0xa1, 0, 1, 22] },
        filters,
      ],
      "a number of ten bytes": [
        { filter: [...Array(9).fill(0x80), 1, 1, 22] },
        "a number in its headers is malformed",
      ],
      "a number that is not safe": [
        { filter: [...Array(7).fill(0xff), 0x1f, 1, 22] },
        "a number in its headers is malformed",
      ],
    };
  for (const [name, [change, expected]] of Object.entries(cases)) {
    await t.step(name, () => {
      const bytes = makeXz({ ...GOOD, ...change });
      assertThrows(
        () => decompressAll("xz", bytes),
        InvalidLayerError,
        `Cannot decompress the layer: ${expected}`,
      );
    });
  }
});
