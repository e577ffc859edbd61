import { assertEquals, assertThrows } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";
import {
  type ArchiveSink,
  type Compression,
  createBufferingDecompressor,
  detectCompression,
} from "../../../src/formats/compression/decompress.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";

// More than fits into the buffers below, and does not compress to nothing.
const PLAIN = toBytes(
  Array.from({ length: 20_000 }, (_, n) => `${n * n};`).join(""),
);
const HALF = PLAIN.length >> 1;
const GZIP = pack("gzip", PLAIN);
const ZSTD = pack("zstd", PLAIN);

Deno.test("detectCompression() goes by the first bytes", async (t) => {
  const cases: readonly (readonly [string, Bytes, Compression])[] = [
    ["gzip", GZIP, "gzip"],
    ["zstd", ZSTD, "zstd"],
    ["a skippable frame", hex("5f2a4d1800000000"), "zstd"],
    ["xz", hex("fd377a585a00"), "xz"],
    ["xz's magic but for the last byte", hex("fd377a585a01"), "none"],
    ["bzip2", toBytes("BZh9"), "bzip2"],
    ["text", toBytes("etc/passwd"), "none"],
    ["nothing", new Uint8Array(0), "none"],
    ["gzip's magic with another method", hex("1f8b07"), "none"],
  ];
  for (const [name, head, expected] of cases) {
    await t.step(name, () => assertEquals(detectCompression(head), expected));
  }
});

Deno.test("createDecompressor() returns what was compressed", async (t) => {
  const cases: readonly (readonly [string, Compression, Bytes])[] = [
    ["plain bytes", "none", PLAIN],
    ["gzip", "gzip", GZIP],
    ["zstd", "zstd", ZSTD],
    ["gzip members", "gzip", halves("gzip")],
    ["zstd frames", "zstd", halves("zstd")],
    ["gzip with zeros", "gzip", concatBytes([GZIP, new Uint8Array(1000)])],
    ["zstd with a frame to skip", "zstd", concatBytes([SKIP, ZSTD, SKIP])],
    ["many zstd frames", "zstd", manyFrames()],
  ];
  for (const [name, kind, bytes] of cases) {
    for (const step of [1, 1000, Infinity]) {
      await t.step(`${name}, ${step} at a time`, () => {
        assertEquals(decompressAll(kind, bytes, step), PLAIN);
      });
    }
  }
});

Deno.test("createBufferingDecompressor() does the same", () => {
  for (const kind of ["gzip", "zstd"] as const) {
    const chunks: Bytes[] = [];
    const decompressor = createBufferingDecompressor(
      kind,
      bufferedSink((chunk) => void chunks.push(chunk.slice())),
    );
    const skipped = kind === "zstd" ? SKIP : new Uint8Array(0);
    const bytes = concatBytes([halves(kind), skipped]);
    decompressor.write(bytes.subarray(0, 10));
    decompressor.write(bytes.subarray(10));
    decompressor.end();
    assertEquals(concatBytes(chunks), PLAIN);
    decompressor.write(bytes.subarray(0, -2));
    assertThrows(() => decompressor.end(), InvalidLayerError);
    decompressor.close();
  }
});

const SKIP = hex("5a2a4d1803000000010203");

Deno.test("createDecompressor() refuses damage", async (t) => {
  const junk = toBytes("junk");
  const cases: readonly (readonly [string, "gzip" | "zstd", Bytes])[] = [
    ["gzip of nothing", "gzip", new Uint8Array(0)],
    ["short gzip", "gzip", GZIP.slice(0, -1)],
    ["half of a second member", "gzip", halves("gzip").slice(0, -20)],
    ["gzip and junk", "gzip", concatBytes([GZIP, junk])],
    ["gzip, zeros, junk", "gzip", concatBytes([GZIP, new Uint8Array(5), junk])],
    ["gzip with another checksum", "gzip", flip(GZIP, GZIP.length - 8)],
    ["short zstd", "zstd", ZSTD.slice(0, -1)],
    ["half of a second frame", "zstd", halves("zstd").slice(0, -20)],
    ["zstd and junk", "zstd", concatBytes([ZSTD, junk])],
    ["a window of 2 GiB", "zstd", hex("28b52ffd00a8010000")],
  ];
  for (const [name, kind, bytes] of cases) {
    for (const step of [1, Infinity]) {
      await t.step(`${name}, ${step} at a time`, () => {
        assertThrows(() => decompressAll(kind, bytes, step), InvalidLayerError);
      });
    }
  }
});

function halves(kind: "gzip" | "zstd"): Bytes {
  const parts = [PLAIN.subarray(0, HALF), PLAIN.subarray(HALF)];
  return concatBytes(parts.map((part) => pack(kind, part)));
}

function manyFrames(): Bytes {
  const count = Math.ceil(PLAIN.length / 500);
  return concatBytes(
    Array.from(
      { length: count },
      (_, n) => pack("zstd", PLAIN.subarray(500 * n, 500 * n + 500)),
    ),
  );
}

function pack(kind: "gzip" | "zstd", bytes: Bytes): Bytes {
  return new Uint8Array(
    kind === "gzip" ? gzipSync(bytes) : zstdCompressSync(bytes),
  );
}

function flip(bytes: Bytes, at: number): Bytes {
  return bytes.map((byte, index) => index === at ? byte ^ 1 : byte);
}

function hex(text: string): Bytes {
  return Uint8Array.fromHex(text);
}

/** A sink with a buffer of its own, which it hands on at each commit. */
function bufferedSink(
  emit: (bytes: Bytes) => void,
  bufferBytes: number = 256 * 1024,
): ArchiveSink {
  const buffer = new Uint8Array(bufferBytes);
  return { room: () => buffer, commit: emit };
}
