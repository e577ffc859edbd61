/** Builds xz streams by hand, with all checksums right, to get one thing wrong. */

import { crc32 } from "node:zlib";
import { type Bytes, concatBytes } from "../../../src/formats/bytes.ts";

/** A stream of one block, and what it says of itself; the truth if left out. */
export interface XzStream {
  /** LZMA2 without the byte that ends it. */
  readonly chunks: readonly Bytes[];
  readonly unpacked: number;
  readonly statedPacked?: number;
  readonly statedUnpacked?: number;
  /** Numbers of the index, without how many pairs there are. */
  readonly index?: readonly number[];
  readonly indexCount?: number;
  readonly backward?: number;
  readonly footerCheck?: number;
  /** The bits that say which sizes there are, and how many filters but one. */
  readonly blockFlags?: number;
  /** Its ID, how many bytes of properties it has, and these: those of LZMA2. */
  readonly filter?: readonly number[];
  /** What is behind the filter in the block's header. */
  readonly headerPadding?: readonly number[];
  /** What is behind the block, up to a multiple of four. */
  readonly blockPadding?: number;
  /** The two bytes of the stream's flags. */
  readonly flags?: readonly [number, number];
  /** The check behind the block. */
  readonly check?: Bytes;
}

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const DICTIONARY_8_MIB = 22;

/** Builds a stream; without a check of its content if none is given. */
export function makeXz(stream: XzStream): Bytes {
  const { unpacked, check = new Uint8Array(0) } = stream;
  const flags = Uint8Array.from(stream.flags ?? [0, 0]);
  const lzma2 = concatBytes([...stream.chunks, Uint8Array.of(0)]);
  const sizes = [
    ...integer(stream.statedPacked ?? lzma2.length),
    ...integer(stream.statedUnpacked ?? unpacked),
  ];
  const fields = [
    ...[stream.blockFlags ?? 0xc0, ...sizes],
    ...stream.filter ?? [0x21, 1, DICTIONARY_8_MIB],
    ...stream.headerPadding ?? [],
  ];
  const length = Math.ceil((1 + fields.length) / 4) * 4;
  const body = Uint8Array.from({ length }, (_, at) => fields[at - 1] ?? 0);
  body[0] = length / 4;
  const header = concatBytes([body, sum(body)]);
  const records = stream.index ??
    [header.length + lzma2.length + check.length, unpacked];
  const index = padded(
    Uint8Array.from([
      ...[0, ...integer(stream.indexCount ?? records.length / 2)],
      ...records.flatMap(integer),
    ]),
  );
  const indexBytes = index.length + 4;
  const tail = Uint8Array.from([
    ...word(stream.backward ?? indexBytes / 4 - 1),
    ...[flags[0] ?? 0, stream.footerCheck ?? flags[1] ?? 0],
  ]);
  return concatBytes([
    Uint8Array.from([...MAGIC, ...flags]),
    sum(flags),
    ...[header, padded(lzma2, stream.blockPadding), check, index, sum(index)],
    ...[sum(tail), tail, Uint8Array.of(0x59, 0x5a)],
  ]);
}

/** A chunk that is not compressed. */
export function plainChunk(
  control: number,
  bytes: Bytes,
): Bytes {
  const size = bytes.length - 1;
  return concatBytes([Uint8Array.of(control, size >> 8, size & 0xff), bytes]);
}

/** The chunks of the first block of what `xz` wrote. */
export function listChunks(xz: Bytes): Bytes[] {
  const chunks: Bytes[] = [];
  for (let at = 12 + ((xz[12] ?? 0) + 1) * 4;;) {
    const [control = 0, , , c = 0, d = 0] = xz.subarray(at);
    if (control === 0) return chunks;
    const plain = ((xz[at + 1] ?? 0) << 8) + (xz[at + 2] ?? 0) + 4;
    const coded = (c << 8) + d + 6 + (control >= 0xc0 ? 1 : 0);
    const end = at + (control < 0x80 ? plain : coded);
    chunks.push(xz.slice(at, end));
    at = end;
  }
}

function integer(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [value % 128 + 128, ...integer(rest)];
}

function word(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

function sum(bytes: Bytes): Bytes {
  return Uint8Array.from(word(crc32(bytes)));
}

function padded(bytes: Bytes, value: number = 0): Bytes {
  const padding = new Uint8Array((4 - bytes.length % 4) % 4).fill(value);
  return concatBytes([bytes, padding]);
}
