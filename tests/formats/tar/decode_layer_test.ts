import { assertEquals, assertThrows } from "@std/assert";
import zlib, { gzipSync, zstdCompressSync } from "node:zlib";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  type DecodedLayer,
  decodeLayer,
  type DecodeOptions,
} from "../../../src/formats/tar/decode_layer.ts";
import { latin1 } from "../../support/images/tar_builder.ts";

const PLAIN = latin1("an archive, or whatever ".repeat(99));
const MIB = 1024 * 1024;

/** Decodes a blob. @returns What is known of it, and how much came out. */
function decode(
  blobs: readonly Bytes[],
  options: DecodeOptions = {},
  step = Infinity,
): DecodedLayer & { readonly unpacked: number } {
  const buffer = new Uint8Array(MIB);
  let unpacked = 0;
  const sink = {
    room: () => buffer,
    commit: (bytes: Bytes) => void (unpacked += bytes.length),
  };
  const decoder = decodeLayer(sink, options);
  try {
    for (const blob of blobs) {
      const width = Math.min(step, Math.max(1, blob.length));
      for (let at = 0; at < blob.length; at += width) {
        decoder.write(blob.subarray(at, at + width));
      }
    }
    return { ...decoder.finish(), unpacked };
  } catch (error) {
    decoder.abort();
    throw error;
  }
}

Deno.test("decodeLayer() tells digest, size and compression of what it got", async (t) => {
  const cases = {
    none: PLAIN,
    gzip: new Uint8Array(gzipSync(PLAIN)),
    zstd: new Uint8Array(zstdCompressSync(PLAIN)),
  };
  for (const [compression, blob] of Object.entries(cases)) {
    for (const step of [1, Infinity]) {
      await t.step(`${compression}, ${step} bytes at a time`, () => {
        const { unpacked, ...decoded } = decode([blob], {}, step);
        assertEquals(unpacked, PLAIN.length);
        assertEquals(decoded, {
          compressedDigest: digestOf(blob),
          compressedSize: blob.length,
          compression: compression as "none",
        });
      });
    }
  }
  await t.step("less than what tells a compression", () => {
    const short = PLAIN.slice(0, 2);
    const { unpacked, compressedDigest } = decode([short]);
    assertEquals([unpacked, compressedDigest], [2, digestOf(short)]);
  });
  await t.step("another algorithm", () => {
    const { compressedDigest } = decode([PLAIN], { algorithm: "sha512" });
    assertEquals(compressedDigest.slice(0, 7), "sha512:");
    assertEquals(compressedDigest.length, 7 + 128);
  });
});

Deno.test("decodeLayer() takes as many bytes as it may, and none more", () => {
  const blob = new Uint8Array(gzipSync(PLAIN));
  const limit = PLAIN.length;
  assertEquals(decode([blob], { maxUnpackedBytes: limit }).unpacked, limit);
  assertThrows(
    () => decode([blob], { maxUnpackedBytes: limit - 1 }),
    InvalidLayerError,
    `more than ${limit - 1} bytes`,
  );
});

Deno.test("decodeLayer() bounds how much comes of a byte", async (t) => {
  const zeros = new Uint8Array(zstdCompressSync(new Uint8Array(16 * MIB)));
  const many = (count: number) => Array.from({ length: count }, () => zeros);
  await t.step("not up to 256 MiB", () => {
    const options = { maxRatio: 1 };
    assertEquals(decode(many(16), options).unpacked, 256 * MIB);
    assertThrows(
      () => decode(many(17), options),
      InvalidLayerError,
      "more than 1 bytes for each received",
    );
  });
  await t.step("with a limit of its own", () => {
    assertThrows(
      () => decode(many(17)),
      InvalidLayerError,
      "more than 2000 bytes for each received",
    );
  });
  await t.step("but not what keeps to the ratio", () => {
    const options = { maxRatio: 1e9 };
    assertEquals(decode(many(17), options).unpacked, 272 * MIB);
  });
});

Deno.test("decodeLayer() frees its memory, however it ends", async (t) => {
  const packed = {
    gzip: new Uint8Array(gzipSync(PLAIN)),
    zstd: new Uint8Array(zstdCompressSync(PLAIN)),
  };
  for (const [kind, blob] of Object.entries(packed)) {
    const cut = blob.slice(0, -1);
    const ends: Readonly<Record<string, () => unknown>> = {
      "at its end": () => decode([blob]),
      "with less than it needs": () =>
        assertThrows(() => decode([cut]), InvalidLayerError),
      "at a limit": () =>
        assertThrows(
          () => decode([blob], { maxUnpackedBytes: 1 }),
          InvalidLayerError,
        ),
    };
    for (const [name, end] of Object.entries(ends)) {
      await t.step(`${kind}, ${name}`, () => {
        using handles = countClosed();
        end();
        // One more is opened to try whether there are such handles.
        assertEquals(handles.closed, 2);
      });
    }
  }
});

/** Counts how often native decompressors are closed. */
function countClosed() {
  const count = { closed: 0 };
  const restore = [zlib.createGunzip(), zlib.createZstdDecompress()].map(
    (stream) => {
      const handle: object = Reflect.get(stream, "_handle");
      const prototype: { close(): void } = Object.getPrototypeOf(handle);
      const { close } = prototype;
      prototype.close = function () {
        count.closed++;
        close.call(this);
      };
      close.call(handle as typeof prototype);
      return () => prototype.close = close;
    },
  );
  return Object.assign(count, {
    [Symbol.dispose]: () => restore.forEach((one) => one()),
  });
}
