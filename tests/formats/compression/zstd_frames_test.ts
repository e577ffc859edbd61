import { assertEquals, assertThrows } from "@std/assert";
import { zstdCompressSync } from "node:zlib";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import { ZstdFrames } from "../../../src/formats/compression/zstd_frames.ts";

// RFC 8878, 3.1.1: magic, descriptor, its fields, one block, a checksum.
const MAGIC = "28b52ffd";
const LAST_RAW = "110000"; // two bytes as they are
const MORE_RAW = "100000";
const LAST_RLE = "530000"; // ten times one byte
const LAST_EMPTY = "010000";

Deno.test("ZstdFrames finds where frames begin and end", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["a window", `${MAGIC}00 58 ${LAST_RAW}aabb`],
    ["a window and a checksum", `${MAGIC}04 58 ${LAST_RAW}aabb 01020304`],
    ["one segment, size of 1", `${MAGIC}20 02 ${LAST_RAW}aabb`],
    ["one segment, size of 2", `${MAGIC}60 0200 ${LAST_RAW}aabb`],
    ["one segment, size of 4", `${MAGIC}a0 02000000 ${LAST_RAW}aabb`],
    ["one segment, size of 8", `${MAGIC}e0 0200000000000000 ${LAST_RAW}aabb`],
    ["window, size of 2", `${MAGIC}40 58 0200 ${LAST_RAW}aabb`],
    ["window, size of 4", `${MAGIC}80 58 02000000 ${LAST_RAW}aabb`],
    ["window, size of 8", `${MAGIC}c0 58 0200000000000000 ${LAST_RAW}aabb`],
    ["a dictionary ID of 1", `${MAGIC}01 58 aa ${LAST_RAW}aabb`],
    ["a dictionary ID of 2", `${MAGIC}02 58 aabb ${LAST_RAW}aabb`],
    ["a dictionary ID of 4", `${MAGIC}03 58 aabbccdd ${LAST_RAW}aabb`],
    ["one segment and a dictionary", `${MAGIC}21 aa 02 ${LAST_RAW}aabb`],
    ["a block that repeats a byte", `${MAGIC}00 58 ${LAST_RLE}aa`],
    ["an empty block", `${MAGIC}00 58 ${LAST_EMPTY}`],
    ["two blocks", `${MAGIC}00 58 ${MORE_RAW}aabb ${LAST_RAW}ccdd`],
    ["the first frame to skip", "502a4d18 03000000 010203"],
    ["the last frame to skip", "5f2a4d18 03000000 010203"],
    ["an empty frame to skip", "5a2a4d18 00000000"],
  ];
  const after = hex(`${MAGIC}20 02 ${LAST_RAW}aabb`);
  for (const [name, text] of cases) {
    const frame = hex(text);
    for (const step of [1, 5, Infinity]) {
      await t.step(`${name}, ${step} bytes at a time`, () => {
        const twice = concatBytes([frame, after, frame]);
        assertEquals(startsOf(twice, step), [
          0,
          frame.length,
          frame.length + after.length,
        ]);
      });
    }
    await t.step(`${name}, cut short anywhere`, () => {
      for (let length = 1; length < frame.length; length++) {
        assertThrows(
          () => startsOf(frame.slice(0, length), Infinity),
          InvalidLayerError,
          "its zstd stream is cut short",
        );
      }
    });
  }
});

Deno.test("ZstdFrames agrees with a compressor", () => {
  const sizes = [0, 1, 255, 256, 257, 65_791, 65_792, 300_000];
  const frames = sizes.map((size) =>
    new Uint8Array(
      zstdCompressSync(Uint8Array.from({ length: size }, (_, n) => n * n)),
    )
  );
  const starts = frames.map((_, index) =>
    frames.slice(0, index).reduce((sum, { length }) => sum + length, 0)
  );
  assertEquals(startsOf(concatBytes(frames), 1000), starts);
  assertEquals(startsOf(new Uint8Array(0), 1), []);
});

Deno.test("ZstdFrames refuses what begins no frame", async (t) => {
  const cases = ["27b52ffd", "28b52ffe", "4f2a4d18", "602a4d18", "00000000"];
  for (const text of cases) {
    await t.step(text, () => {
      assertThrows(
        () => startsOf(hex(`${text}2002${LAST_RAW}aabb`), Infinity),
        InvalidLayerError,
        "begins no zstd frame",
      );
    });
  }
});

function startsOf(bytes: Bytes, step: number): readonly number[] {
  const starts: number[] = [];
  const frames = new ZstdFrames((start) => void starts.push(start));
  const width = Math.min(step, Math.max(1, bytes.length));
  for (let at = 0; at < bytes.length; at += width) {
    frames.write(bytes.subarray(at, at + width));
  }
  frames.end();
  return starts;
}

function hex(text: string): Bytes {
  return Uint8Array.fromHex(text.replaceAll(" ", ""));
}
