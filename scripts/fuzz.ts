/**
 * Throws damaged archives and damaged compression at the readers of layers:
 * `deno run scripts/fuzz.ts [INPUTS] [SEED] [FIRST]`. A reader may refuse an input,
 * with the error meant for that, and must do so in time. Anything else ends the
 * run and prints the input's number: with it as FIRST, the seed makes it again.
 */

import { gzipSync, zstdCompressSync } from "node:zlib";
import { InvalidLayerError } from "../src/errors/image_errors.ts";
import { type Bytes, concatBytes } from "../src/formats/bytes.ts";
import {
  type Compression,
  createDecompressor,
} from "../src/formats/compression/decompress.ts";
import { TarScanner } from "../src/formats/tar/tar_scanner.ts";
import type {
  SparseLayout,
  SparseRegion,
} from "../src/formats/tar/tar_sparse.ts";
import { createTarSplitWriter } from "../src/formats/tar/tar_split.ts";
import {
  encodeTarHeaders,
  TAR_END,
  tarPadding,
} from "../src/formats/tar/tar_writer.ts";
import { readName } from "../src/unpack/unpack_names.ts";
import { filter } from "../tests/support/filter.ts";

const DEFAULT_INPUTS = 200_000;
const MAX_INPUT_MS = 1000;
const REPORT_EVERY = 100_000;
const BLOCK_BYTES = 512;
// Bytes that often break parsers of numbers, names and records.
const PIECES = [
  ...["../", "/", "./", "\0", "\xff", "\x80", "777777777777", "-1", " "],
  ...["99999999 ", "path=", "size=", "\n", ".wh.", "ustar  \0", "GNU.sparse."],
].map((piece) => Uint8Array.from(piece, (c) => c.charCodeAt(0)));
const TYPES = "0123456xgLKS7\0";
const KINDS: readonly Compression[] = [
  ...["none", "none", "none"] as const,
  ...["gzip", "zstd", "xz", "bzip2"] as const,
];
// Only external programs write these formats: some samples, packed once.
const SAMPLES: ReadonlyMap<Compression, readonly Bytes[]> = new Map([
  ["xz", await packSamples("xz", [["-c"], ["-c", "--block-size=700"]])],
  ["bzip2", await packSamples("bzip2", [["-c"], ["-c", "-1"]])],
]);

const [inputs = DEFAULT_INPUTS, seed = Date.now() % 1e9, first = 0] = Deno.args
  .map(Number);
const buffer = new Uint8Array(64 * 1024);
let random = createRandom(seed);
let refused = 0;
let slowest = 0;
for (let number = first; number < first + inputs; number++) {
  let taken = timeInput(number);
  // A busy machine stalls now and then, but not twice.
  if (taken > MAX_INPUT_MS) taken = timeInput(number);
  slowest = Math.max(slowest, taken);
  if (taken > MAX_INPUT_MS) {
    say(`input ${number} of seed ${seed} takes ${taken} ms`);
    Deno.exit(1);
  }
  if ((number + 1) % REPORT_EVERY === 0) report(number + 1);
}
report(first + inputs);

function timeInput(number: number): number {
  random = createRandom(seed + Math.imul(number + 1, 0x9e3779b1));
  const start = performance.now();
  try {
    tryInput(number);
  } catch (error) {
    if (!(error instanceof InvalidLayerError)) {
      say(`input ${number} of seed ${seed} breaks it:`);
      throw error;
    }
    refused++;
  }
  return performance.now() - start;
}

function report(done: number): void {
  say(
    `seed ${seed}: ${done} inputs, ${refused} refused, ` +
      `slowest ${slowest.toFixed(1)} ms`,
  );
}

function tryInput(number: number): void {
  const kind = KINDS[number % KINDS.length] ?? "none";
  const plain = makeArchive();
  const input = kind === "none"
    ? damageArchive(plain)
    : damageBytes(pack(kind, plain));
  read(kind, input);
}

/** Reads as the unpacker does, and checks the guarantees of the readers. */
function read(kind: Compression, input: Bytes): void {
  const split = createTarSplitWriter(() => {});
  let given = 0;
  let taken = 0;
  const scanner = new TarScanner({
    onRaw(bytes) {
      split.addSegment(bytes);
      taken += bytes.length;
    },
    onEntry: ({ name }) => void checkName(name),
    onContent: (bytes) => void (taken += bytes.length),
    onEntryEnd: () => {},
  });
  const decompressor = createDecompressor(kind, {
    room: () => buffer.subarray(random(buffer.length)),
    commit(bytes) {
      given += bytes.length;
      scanner.write(bytes);
    },
  });
  try {
    for (let at = 0; at < input.length;) {
      const step = 1 + random(input.length);
      decompressor.write(input.subarray(at, at + step));
      at += step;
    }
    decompressor.end();
    scanner.end();
    split.end();
  } finally {
    decompressor.close();
  }
  if (given !== taken) throw new Error(`${given} bytes in, ${taken} out`);
}

function checkName(name: string): void {
  const meaning = readName(name);
  if (!("parent" in meaning)) return;
  const base = "base" in meaning ? meaning.base : "x";
  for (const part of [...meaning.parent.split("/"), base]) {
    const isLegal = part !== "." && part !== ".." && !part.includes("/");
    if (isLegal && (part !== "" || meaning.parent === "")) continue;
    throw new Error(`name ${JSON.stringify(name)} became "${part}"`);
  }
}

function makeArchive(): Bytes {
  const parts: Bytes[] = [];
  for (let count = random(4); count >= 0; count--) {
    const size = random(3) === 0 ? 0 : random(1500);
    const headers = encodeTarHeaders({
      type: "file",
      name: "n".repeat(1 + random(150)),
      linkName: random(4) === 0 ? "l".repeat(random(150)) : "",
      size,
      mode: 0o644,
      uid: random(2 ** 31),
      gid: 0,
      mtime: random(2 ** 31),
      mtimeNs: random(2),
      major: 0,
      minor: 0,
      xattrs: random(4) === 0 ? new Map([["user.a", "\0\n"]]) : undefined,
      sparse: random(3) === 0 ? makeSparse(size) : undefined,
    });
    parts.push(headers, new Uint8Array(size), tarPadding(size));
  }
  return concatBytes([...parts, TAR_END]);
}

/** A file of so many bytes of data, and holes between. */
function makeSparse(size: number): SparseLayout {
  const regions: SparseRegion[] = [];
  let end = 0;
  for (let left = size; left > 0;) {
    const length = 1 + random(left);
    const offset = end + random(5000);
    regions.push({ offset, length });
    end = offset + length;
    left -= length;
  }
  return { realSize: end + random(5000), regions };
}

/** Damages headers, mostly with a right checksum, so that more is reached. */
function damageArchive(archive: Bytes): Bytes {
  for (let count = random(4); count >= 0; count--) {
    const blocks = archive.length / BLOCK_BYTES;
    const start = BLOCK_BYTES * random(blocks);
    const block = archive.subarray(start, start + BLOCK_BYTES);
    const piece = PIECES[random(PIECES.length)] ?? buffer;
    if (random(3) === 0) block[156] = TYPES.charCodeAt(random(TYPES.length));
    else if (random(2) === 0) block[random(BLOCK_BYTES)] = random(256);
    else block.set(piece, random(BLOCK_BYTES - piece.length));
    if (random(8) !== 0) fixChecksum(block);
  }
  return random(10) === 0 ? archive.slice(0, random(archive.length)) : archive;
}

function fixChecksum(block: Uint8Array): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  const digits = sum.toString(8).padStart(6, "0");
  block.set(new TextEncoder().encode(`${digits}\0 `), 148);
}

function damageBytes(bytes: Bytes): Bytes {
  for (let count = random(3); count > 0; count--) {
    bytes[random(bytes.length)] = random(256);
  }
  const other = random(6) === 0 ? bytes.slice(random(bytes.length)) : buffer;
  const joined = other === buffer ? bytes : concatBytes([bytes, other]);
  return random(6) === 0 ? joined.slice(0, random(joined.length)) : joined;
}

function pack(kind: Compression, bytes: Bytes): Bytes {
  const samples = SAMPLES.get(kind);
  const sample = samples?.[random(samples.length)];
  if (sample !== undefined) return sample.slice();
  const packed = kind === "gzip"
    ? gzipSync(bytes, { level: 1 })
    : zstdCompressSync(bytes);
  return new Uint8Array(packed);
}

/** None where the program is missing: then other kinds are tried instead. */
async function packSamples(
  program: string,
  flags: readonly (readonly string[])[],
): Promise<readonly Bytes[]> {
  const text = Array.from({ length: 700 }, (_, n) => `${n * n};`).join("");
  const plain = [text, "orlop".repeat(5000), ""].map((each) =>
    new TextEncoder().encode(each)
  );
  const jobs = plain.flatMap((bytes) =>
    flags.map((args) => [bytes, args] as const)
  );
  try {
    return await Promise.all(
      jobs.map(([bytes, args]) => filter(program, args, bytes)),
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    say(`no ${program}: skipped`);
    return [];
  }
}

/** xorshift32: whole numbers below a limit, the same for a seed everywhere. */
function createRandom(start: number): (limit: number) => number {
  let state = (start | 0) || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(limit, 1);
  };
}

function say(text: string): void {
  // deno-lint-ignore no-console -- a program for people
  console.log(text);
}
