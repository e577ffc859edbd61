/**
 * xz: "The .xz File Format" 1.2.1. Of its filters only LZMA2, which is what layers
 * use, and other image tools read no more.
 */

import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type Bytes, concatBytes } from "../bytes.ts";
import type { ByteFeed, FeedReader } from "./byte_feed.ts";
import { decodeLzma2 } from "./lzma2.ts";
import { createXzCheck, isXzCheck, xzCheckBytes } from "./xz_check.ts";

/** How a stream begins. */
export const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] as const;

const FOOTER_MAGIC = [0x59, 0x5a] as const;
const HEADER_BYTES = 12;
const CRC_BYTES = 4;
const LZMA2_FILTER = 0x21;
const MAX_DICTIONARY_CODE = 40;
// As the decompressor of zstd; what `xz -9` asks for is half of it.
const MAX_DICTIONARY_BYTES = 128 * 1024 * 1024;
const MAX_INTEGER_BYTES = 9;
const LITTLE_ENDIAN = true;

/** What the header of a block says. */
interface BlockHeader {
  readonly headerBytes: number;
  readonly dictionaryBytes: number;
  readonly packed: number | undefined;
  readonly unpacked: number | undefined;
}

/** The sizes of all blocks, as a digest: there may be millions. */
interface BlockList {
  count: number;
  readonly hash: Hash;
}

/**
 * Decodes all streams up to the end.
 *
 * @param emit Gets what comes out; bytes are valid until it returns.
 * @throws {RangeError} If it is interrupted.
 * @throws {SyntaxError} If it is damaged, or needs what is not supported.
 */
export function* decodeXz(
  feed: ByteFeed,
  emit: (bytes: Bytes) => void,
): FeedReader {
  const counter = new CountedFeed(feed);
  do {
    yield* decodeStream(counter, emit);
    // Zeros between and after streams, four at a time.
    while ((yield* feed.has(1)) && feed.next === 0) {
      const zeros = yield* feed.take(CRC_BYTES);
      if (zeros.some((byte) => byte !== 0)) {
        throw new SyntaxError("other bytes follow its end");
      }
    }
  } while (yield* feed.has(1));
}

/** A feed that tells how much was taken. */
class CountedFeed {
  taken = 0;
  readonly #feed: ByteFeed;

  constructor(feed: ByteFeed) {
    this.#feed = feed;
  }

  *take(count: number): FeedReader<Bytes> {
    this.taken += count;
    return yield* this.#feed.take(count);
  }
}

function* decodeStream(
  feed: CountedFeed,
  emit: (bytes: Bytes) => void,
): FeedReader {
  const header = (yield* feed.take(HEADER_BYTES)).slice();
  if (!XZ_MAGIC.every((byte, at) => header[at] === byte)) {
    throw new SyntaxError("other bytes follow its end");
  }
  const flags = header.subarray(6, 8);
  requireCrc(flags, header.subarray(8));
  const check = header[7] ?? 0;
  if (header[6] !== 0 || !isXzCheck(check)) {
    throw new SyntaxError(`its check ${check} is not supported`);
  }
  const blocks: BlockList = { count: 0, hash: createHash("sha256") };
  for (;;) {
    const [size = 0] = yield* feed.take(1);
    if (size === 0) break;
    const block = yield* readBlockHeader(feed, size);
    addBlock(blocks, yield* decodeBlock(feed, { block, check, emit }));
  }
  const indexBytes = yield* readIndex(feed, blocks);
  const footer = yield* feed.take(HEADER_BYTES);
  requireCrc(footer.subarray(4, 10), footer);
  const backward = (viewOf(footer).getUint32(4, LITTLE_ENDIAN) + 1) * 4;
  const isFooter = FOOTER_MAGIC.every((byte, at) => footer[10 + at] === byte) &&
    flags.every((byte, at) => footer[8 + at] === byte);
  if (!isFooter || backward !== indexBytes) {
    throw new SyntaxError("its footer is damaged");
  }
}

function* readBlockHeader(
  feed: CountedFeed,
  size: number,
): FeedReader<BlockHeader> {
  const headerBytes = (size + 1) * 4;
  const rest = yield* feed.take(headerBytes - 1);
  const header = concatBytes([Uint8Array.of(size), rest]);
  const body = header.subarray(0, headerBytes - CRC_BYTES);
  requireCrc(body, header.subarray(headerBytes - CRC_BYTES));
  const flags = body[1] ?? 0;
  const cursor = { bytes: body, at: 2 };
  const packed = (flags & 0x40) === 0 ? undefined : readInteger(cursor);
  const unpacked = (flags & 0x80) === 0 ? undefined : readInteger(cursor);
  const filter = readInteger(cursor);
  const propertyBytes = readInteger(cursor);
  if ((flags & 0x3f) !== 0 || filter !== LZMA2_FILTER || propertyBytes !== 1) {
    throw new SyntaxError("it uses other filters than LZMA2");
  }
  const dictionaryBytes = dictionaryOf(body[cursor.at++] ?? 0);
  requireZeros(body.subarray(cursor.at));
  return { headerBytes, dictionaryBytes, packed, unpacked };
}

function dictionaryOf(code: number): number {
  if (code > MAX_DICTIONARY_CODE) {
    throw new SyntaxError("its dictionary's size is malformed");
  }
  const bytes = (2 | (code & 1)) * 2 ** ((code >> 1) + 11);
  if (bytes <= MAX_DICTIONARY_BYTES) return bytes;
  throw new SyntaxError(
    `its dictionary of ${bytes} bytes is larger than ${MAX_DICTIONARY_BYTES}`,
  );
}

/** @returns What the index must say of the block. */
function* decodeBlock(
  feed: CountedFeed,
  { block, check, emit }: {
    readonly block: BlockHeader;
    readonly check: number;
    readonly emit: (bytes: Bytes) => void;
  },
): FeedReader<readonly [unpadded: number, unpacked: number]> {
  const { headerBytes, dictionaryBytes } = block;
  const sum = createXzCheck(check);
  const start = feed.taken;
  let unpacked = 0;
  yield* decodeLzma2(feed, dictionaryBytes, (bytes) => {
    unpacked += bytes.length;
    sum.update(bytes);
    emit(bytes);
  });
  const packed = feed.taken - start;
  const isAsStated = (block.packed ?? packed) === packed &&
    (block.unpacked ?? unpacked) === unpacked;
  if (!isAsStated) throw new SyntaxError("a block's size is not as stated");
  requireZeros(yield* feed.take((4 - packed % 4) % 4));
  const checkBytes = xzCheckBytes(check);
  const expected = yield* feed.take(checkBytes);
  const actual = sum.digest();
  if (!actual.every((byte, at) => expected[at] === byte)) {
    throw new SyntaxError("a block's check is wrong");
  }
  return [headerBytes + packed + checkBytes, unpacked];
}

function addBlock(blocks: BlockList, sizes: readonly number[]): void {
  blocks.count++;
  blocks.hash.update(sizes.join(",") + ";");
}

/** @returns How many bytes it has, with the zero that began it. */
function* readIndex(feed: CountedFeed, blocks: BlockList): FeedReader<number> {
  const start = feed.taken - 1;
  let sum = crc32(Uint8Array.of(0));
  const found: BlockList = { count: 0, hash: createHash("sha256") };
  const count = yield* readNext();
  if (count !== blocks.count) throw damagedIndex();
  while (found.count < count) {
    addBlock(found, [yield* readNext(), yield* readNext()]);
  }
  if (found.hash.digest("hex") !== blocks.hash.digest("hex")) {
    throw damagedIndex();
  }
  const padding = yield* feed.take((4 - (feed.taken - start) % 4) % 4);
  requireZeros(padding);
  sum = crc32(padding, sum);
  const stated = viewOf(yield* feed.take(CRC_BYTES));
  if (stated.getUint32(0, LITTLE_ENDIAN) !== sum) throw damagedIndex();
  return feed.taken - start;

  function* readNext(): FeedReader<number> {
    const bytes: number[] = [];
    do {
      const [byte = 0] = yield* feed.take(1);
      bytes.push(byte);
    } while ((bytes.at(-1) ?? 0) >= 0x80 && bytes.length < MAX_INTEGER_BYTES);
    const encoded = Uint8Array.from(bytes);
    sum = crc32(encoded, sum);
    return readInteger({ bytes: encoded, at: 0 });
  }
}

/** Seven bits a byte, the lowest first. */
function readInteger(cursor: { readonly bytes: Bytes; at: number }): number {
  let value = 0;
  for (let index = 0; index < MAX_INTEGER_BYTES; index++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    const isMinimal = byte !== 0 || index === 0;
    if (byte < 0x80 && isMinimal && Number.isSafeInteger(value)) return value;
  }
  throw new SyntaxError("a number in its headers is malformed");
}

function requireCrc(bytes: Bytes, stated: Bytes): void {
  if (viewOf(stated).getUint32(0, LITTLE_ENDIAN) === crc32(bytes)) return;
  throw new SyntaxError("the checksum of a header is wrong");
}

function requireZeros(bytes: Bytes): void {
  if (bytes.every((byte) => byte === 0)) return;
  throw new SyntaxError("its padding is not zero");
}

function viewOf({ buffer, byteOffset, byteLength }: Bytes): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function damagedIndex(): SyntaxError {
  return new SyntaxError("its index is damaged");
}
