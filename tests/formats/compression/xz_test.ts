import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash, randomBytes } from "node:crypto";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";
import { createDecompressor } from "../../../src/formats/compression/decompress.ts";
import { filter } from "../../support/filter.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";
import {
  listChunks,
  makeXz,
  plainChunk,
  type XzStream,
} from "../../support/images/xz_builder.ts";
import { needs } from "../../support/peers.ts";
import { seededRandom } from "../../support/seeded.ts";

// "orlop" by `xz`, without a check.
const SAMPLES = {
  none:
    "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+WjAQAEb3Jsb3AAAAAAAAEVBbCnWWcGcp56AQAAAAAAWVo=",
} as const;
const TEXT = toBytes(
  Array.from({ length: 20_000 }, (_, n) => `${n * n};`).join(""),
);
const MIB = 1024 * 1024;

Deno.test("decodeXz() reads a sample", () => {
  const bytes = Uint8Array.fromBase64(SAMPLES.none);
  for (const step of [1, 7, Infinity]) {
    assertEquals(decompressAll("xz", bytes, step), toBytes("orlop"));
  }
});

Deno.test("decodeXz() reads what xz writes", { ...needs("xz") }, async (t) => {
  const mixed = concatBytes([
    ...[TEXT, new Uint8Array(randomBytes(150_000)), TEXT],
    // More than a chunk may hold, which is 2 MiB.
    ...[new Uint8Array(2.1 * MIB), TEXT, edited()],
  ]);
  const cases: readonly (readonly [string, Bytes, readonly string[]])[] = [
    ["nothing", new Uint8Array(0), []],
    ["a byte", toBytes("x"), []],
    ["text", TEXT, []],
    ["text with changes", edited(), ["-e"]],
    ["what compresses, and what does not", mixed, ["-1"]],
    ["the best level", mixed, ["-6e"]],
    ["a small dictionary", mixed, ["--lzma2=dict=4KiB"]],
    ["other properties", TEXT, ["--lzma2=lc=0,lp=4,pb=0"]],
    ["all position bits", TEXT, ["--lzma2=lc=4,lp=0,pb=4"]],
    ["several blocks", mixed, ["--block-size=200000"]],
    ["blocks with sizes", mixed, ["-T2", "--block-size=500KiB"]],
    ["no check", TEXT, ["--check=none"]],
    ["CRC32", TEXT, ["--check=crc32"]],
    ["CRC64", TEXT, ["--check=crc64"]],
    ["SHA-256", TEXT, ["--check=sha256"]],
  ];
  for (const [name, plain, flags] of cases) {
    await t.step(name, async () => {
      const packed = await filter("xz", [...flags, "-c"], plain);
      assertEquals(digest(decompressAll("xz", packed)), digest(plain));
    });
  }
  await t.step("streams with padding between and after", async () => {
    const one = await filter("xz", ["-c"], TEXT);
    const two = await filter("xz", ["-c", "--check=crc32"], toBytes("two"));
    const pad = new Uint8Array(8);
    const packed = concatBytes([one, pad, two, pad]);
    const plain = concatBytes([TEXT, toBytes("two")]);
    for (const step of [1000, Infinity]) {
      assertEquals(digest(decompressAll("xz", packed, step)), digest(plain));
    }
  });
});

Deno.test("decodeXz() reports what is wrong", { ...needs("xz") }, async (t) => {
  const pack = (flags: readonly string[] = [], plain = TEXT) =>
    filter("xz", [...flags, "-c"], plain);
  const good = await pack();
  const small = await pack([], toBytes("x"));
  const end = good.length;
  const cases: readonly (readonly [string, Bytes, string])[] = [
    ["a cut header", good.slice(0, 9), "cut short"],
    ["a cut chunk", good.slice(0, 500), "cut short"],
    ["a cut check", good.slice(0, end - 40), "cut short"],
    ["a cut index", good.slice(0, end - 14), "cut short"],
    ["a cut footer", good.slice(0, end - 1), "cut short"],
    ["padding that is no multiple of 4", pad(good, 3), "cut short"],
    ["junk", concatBytes([good, toBytes("junk".repeat(9))]), "other bytes"],
    ["junk after padding", concatBytes([pad(good, 4), good.slice(1)]), "other"],
    ["another check kind", flip(good, 7), "checksum of a header"],
    ["a wrong header sum", flip(good, 8), "checksum of a header"],
    ["a wrong block header", flip(good, 13), "checksum of a header"],
    ["damaged data", flip(good, 2000), ""],
    ["a wrong check", flip(good, end - 32), "a block's check is wrong"],
    ["a wrong index", flip(good, end - 18), "its index is damaged"],
    ["a wrong footer sum", flip(good, end - 12), "checksum of a header"],
    ["a wrong footer magic", flip(good, end - 1), "its footer is damaged"],
    ["a byte of LZMA too many", flip(small, 25), ""],
    ["x86 filter", await pack(["--x86", "--lzma2"]), "other filters"],
    [
      "a dictionary of 192 MiB",
      await pack(["--lzma2=dict=192MiB"]),
      "its dictionary of 201326592 bytes is larger than 134217728",
    ],
    [
      "a footer of another stream",
      concatBytes([good.slice(0, -12), small.slice(-12)]),
      "its footer is damaged",
    ],
  ];
  for (const [name, bytes, expected] of cases) {
    for (const step of [100, Infinity]) {
      await t.step(`${name}, ${step} at a time`, () => {
        assertThrows(
          () => decompressAll("xz", bytes, step),
          InvalidLayerError,
          expected,
        );
      });
    }
  }
});

Deno.test("decodeXz() keeps no more than the dictionary", {
  ...needs("xz"),
}, async () => {
  const plain = new Uint8Array(4 * MIB);
  const packed = await filter("xz", ["--lzma2=dict=1MiB", "-c"], plain);
  let received = 0;
  let largest = 0;
  const room = new Uint8Array(4096);
  const decompressor = createDecompressor("xz", {
    room: () => room,
    commit(bytes) {
      received += bytes.length;
      largest = Math.max(largest, bytes.length);
    },
  });
  decompressor.write(packed);
  decompressor.end();
  assertEquals([received, largest], [plain.length, 4096]);
});

Deno.test("decodeXz() holds a stream to what it says of itself", async (t) => {
  const hello = toBytes("hello");
  const good = { chunks: [plainChunk(1, hello)], unpacked: 5 };
  await t.step("the truth", () => {
    assertEquals(decompressAll("xz", makeXz(good)), hello);
  });
  const cases: readonly (readonly [string, XzStream, string])[] = [
    ["packed size", { ...good, statedPacked: 8 }, "not as stated"],
    ["unpacked size", { ...good, statedUnpacked: 4 }, "not as stated"],
    ["index's count", { ...good, indexCount: 2 }, "its index is damaged"],
    ["no record", { ...good, index: [] }, "its index is damaged"],
    ["unpadded size", { ...good, index: [24, 5] }, "its index is damaged"],
    ["size in index", { ...good, index: [25, 6] }, "its index is damaged"],
    ["backward size", { ...good, backward: 2 }, "its footer is damaged"],
    ["check in footer", { ...good, footerCheck: 1 }, "its footer is damaged"],
    [
      "no dictionary",
      { ...good, chunks: [plainChunk(2, hello)] },
      "it starts in the middle of a stream",
    ],
    [
      "an unknown chunk",
      { ...good, chunks: [plainChunk(1, hello), plainChunk(3, hello)] },
      "a chunk's kind is unknown",
    ],
  ];
  for (const [name, stream, expected] of cases) {
    await t.step(name, () => {
      assertThrows(
        () => decompressAll("xz", makeXz(stream)),
        InvalidLayerError,
        expected,
      );
    });
  }
});

Deno.test("decodeXz() holds chunks to what came before them", {
  ...needs("xz"),
}, async (t) => {
  const random = new Uint8Array(randomBytes(100_000));
  const packed = await filter("xz", ["-c"], concatBytes([random, random]));
  const chunks = listChunks(packed);
  const last = chunks.at(-1) ?? new Uint8Array(0);
  const before = chunks.slice(0, -1);
  const [start] = chunks;
  const x = plainChunk(1, toBytes("x"));
  // The same bytes, but a part of them after a reset.
  const [first, ...more] = before;
  const cut = (first?.length ?? 0) - 16;
  const reset = [
    plainChunk(1, random.slice(0, cut - 3)),
    plainChunk(1, random.slice(cut - 3, cut + 13)),
    ...more,
  ];
  const longer = concatBytes([last, new Uint8Array(1)]);
  longer[4] = (longer[4] ?? 0) + 1;
  const stateOnly = last.slice();
  stateOnly[0] = (last[0] ?? 0) & 0x9f;
  const cases: readonly (readonly [string, readonly Bytes[], string])[] = [
    ["a match before the beginning", [x, last], "before its beginning"],
    ["a match before a reset", [...reset, last], "before its beginning"],
    ["a byte too many", [...before, longer], "LZMA data are damaged"],
    ["no properties", [x, stateOnly], "it starts in the middle of a stream"],
    ["no dictionary", [last], "it starts in the middle of a stream"],
  ];
  assert(start !== undefined && start[0] === 1 && (last[0] ?? 0) >= 0xc0);
  await t.step("as xz wrote them", () => {
    const stream = { chunks, unpacked: 200_000 };
    const made = decompressAll("xz", makeXz(stream));
    assertEquals(digest(made), digest(concatBytes([random, random])));
  });
  for (const [name, chunks, expected] of cases) {
    await t.step(name, () => {
      assertThrows(
        () => decompressAll("xz", makeXz({ chunks, unpacked: 200_000 })),
        InvalidLayerError,
        expected,
      );
    });
  }
});

/** Repeats itself at distances of all kinds, also those of the matches before. */
function edited(): Bytes {
  const random = seededRandom("text with changes");
  const pick = (count: number) => Math.floor(random() * count);
  const bytes = Uint8Array.from({ length: 200_000 }, () => pick(256));
  for (let at = 3000; at < bytes.length;) {
    const length = 2 + pick(pick(10) === 0 ? 300 : 20);
    const distance = 1 + pick(pick(3) === 0 ? at : Math.min(at, 2 ** pick(17)));
    // The same distance again and again, with another byte in between.
    for (let again = pick(5); again >= 0 && at < bytes.length; again--) {
      for (let n = 0; n < length; n++) bytes[at] = bytes[at++ - distance] ?? 0;
      at += pick(2);
    }
  }
  return bytes;
}

function pad(bytes: Bytes, zeros: number): Bytes {
  return concatBytes([bytes, new Uint8Array(zeros)]);
}

function flip(bytes: Bytes, at: number): Bytes {
  return bytes.map((byte, index) => index === at ? byte ^ 1 : byte);
}

// Easier to read than megabytes, if they differ.
function digest(bytes: Bytes): string {
  return createHash("sha256").update(bytes).digest("hex");
}
