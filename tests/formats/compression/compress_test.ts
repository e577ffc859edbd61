import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { Packers } from "../../../src/engine/media/packers.ts";
import { packStream } from "../../../src/engine/media/pack_stream.ts";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";
import {
  BLOCK_BYTES,
  type PackOptions,
} from "../../../src/formats/compression/compress.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";

const BLOCK = BLOCK_BYTES.gzip;
const TEXT = new TextEncoder().encode("all work and no play ".repeat(10_000));

function bytesOf(length: number): Bytes {
  const half = Math.floor(length / 2);
  const parts = [new Uint8Array(randomBytes(half))];
  for (let left = length - half; left > 0; left -= TEXT.length) {
    parts.push(TEXT.slice(0, left));
  }
  return concatBytes(parts);
}

async function pack(
  bytes: Bytes,
  options: PackOptions,
  step: number,
): Promise<Bytes> {
  using packers = new Packers();
  const stream = packStream(
    async (consume) => {
      for (let at = 0; at < bytes.length; at += step) {
        await consume(bytes.subarray(at, at + step));
      }
    },
    packers,
    options,
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("packStream() makes what gives the same bytes back", async (t) => {
  const sizes = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7, 6_000_000];
  for (const format of ["gzip", "zstd"] as const) {
    for (const size of sizes) {
      await t.step(`${format} of ${size} bytes`, async () => {
        const bytes = bytesOf(size);
        const packed = await pack(bytes, { format }, 100_000);
        assertEquals(decompressAll(format, packed), bytes);
        if (format === "gzip") {
          assertEquals(new Uint8Array(zlib.gunzipSync(packed)), bytes);
        }
      });
    }
  }
});

Deno.test("packStream() makes the same of the same, however it comes", async () => {
  const bytes = bytesOf(3 * BLOCK + 7);
  const options = { format: "gzip" } as const;
  const first = await pack(bytes, options, 1000);
  assertEquals(await pack(bytes, options, BLOCK), first);
  const best = await pack(bytes, { ...options, level: 9 }, BLOCK);
  assert(best.length < first.length);
});

Deno.test("packStream() takes no time for what does not compress", async (t) => {
  const noise = new Uint8Array(randomBytes(3 * BLOCK));
  const pack_ = (bytes: Bytes, level?: number) =>
    pack(bytes, { format: "gzip", level }, BLOCK);
  await t.step("it is stored", async () => {
    const packed = await pack_(noise);
    assertEquals(decompressAll("gzip", packed), noise);
    assert(
      packed.length > noise.length && packed.length < noise.length * 1.001,
    );
    assert(Buffer.from(packed).includes(Buffer.from(noise.subarray(0, 8000))));
  });
  await t.step("but not what is half of text", async () => {
    const mixed = noise.slice();
    for (let at = 0; at < mixed.length; at += BLOCK) {
      mixed.set(TEXT.subarray(0, BLOCK / 8), at + BLOCK / 4);
      mixed.set(TEXT.subarray(0, BLOCK / 8), at);
    }
    const packed = await pack_(mixed);
    assertEquals(decompressAll("gzip", packed), mixed);
    assert(packed.length < mixed.length * 0.8, `${packed.length}`);
  });
  await t.step("nor if a level is asked for", async () => {
    const packed = await pack_(noise, 6);
    assertEquals(decompressAll("gzip", packed), noise);
  });
});

Deno.test("packStream() fails with what its feed fails with", async () => {
  using packers = new Packers();
  const stream = packStream(
    async (consume) => {
      await consume(new Uint8Array(2 * BLOCK));
      throw new Error("no such luck");
    },
    packers,
    { format: "gzip" },
  );
  const reason = await new Response(stream).arrayBuffer().then(
    () => undefined,
    (error) => error.message,
  );
  assertEquals(reason, "no such luck");
});
