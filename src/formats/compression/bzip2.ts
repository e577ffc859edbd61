/** bzip2, which has no specification but its own source and long use. */

import type { Bytes } from "../bytes.ts";
import { BitFeed } from "./bit_feed.ts";
import type { ByteFeed, FeedReader } from "./byte_feed.ts";
import { emitBzip2Block } from "./bzip2_block.ts";

/** How a stream begins, before its level. */
export const BZIP2_MAGIC = [0x42, 0x5a, 0x68] as const;

const BLOCK_MAGIC = [0x314159, 0x265359] as const;
const END_MAGIC = [0x177245, 0x385090] as const;
const LEVEL_BYTES = 100_000;
const ZERO = 0x30;
const MAX_CODE_BITS = 20;
const MIN_TABLES = 2;
const MAX_TABLES = 6;
const GROUP_SYMBOLS = 50;
// Symbols 0 and 1 are the digits of a run of what is at the front.
const RUN_B = 1;

/** A prefix code: the longest code of each length, and where its symbols are. */
interface CodeTable {
  readonly limits: Int32Array;
  readonly bases: Int32Array;
  readonly symbols: Uint16Array;
}

/**
 * Decodes all streams up to the end.
 *
 * @param emit Gets what comes out; bytes are valid until it returns.
 * @throws {RangeError} If it is interrupted.
 * @throws {SyntaxError} If it is damaged.
 */
export function* decodeBzip2(
  feed: ByteFeed,
  emit: (bytes: Bytes) => void,
): FeedReader {
  const bits = new BitFeed(feed);
  do {
    yield* decodeStream(bits, emit);
    bits.align();
    yield* skipZeros(feed);
  } while (yield* feed.has(1));
}

function* skipZeros(feed: ByteFeed): FeedReader {
  if (!(yield* feed.has(1)) || feed.next !== 0) return;
  while (yield* feed.has(1)) {
    const [byte] = yield* feed.take(1);
    if (byte !== 0) throw new SyntaxError("other bytes follow its end");
  }
}

function* decodeStream(
  bits: BitFeed,
  emit: (bytes: Bytes) => void,
): FeedReader {
  for (const byte of BZIP2_MAGIC) {
    if ((yield* bits.read(8)) === byte) continue;
    throw new SyntaxError("other bytes follow its end");
  }
  const level = (yield* bits.read(8)) - ZERO;
  if (level < 1 || level > 9) throw damaged();
  const block = new Int32Array(level * LEVEL_BYTES);
  let total = 0;
  for (;;) {
    const magic = [yield* bits.read(24), yield* bits.read(24)];
    const stated = ((yield* bits.read(16)) << 16) | (yield* bits.read(16));
    if (magic.every((part, index) => part === END_MAGIC[index])) {
      if (stated !== total) throw wrongSum();
      return;
    }
    if (!magic.every((part, index) => part === BLOCK_MAGIC[index])) {
      throw damaged();
    }
    const isRandomized = (yield* bits.read(1)) === 1;
    if (isRandomized) {
      throw new SyntaxError("its blocks are of a kind that is obsolete");
    }
    const start = yield* bits.read(24);
    const length = yield* readBlock(bits, block);
    if (start >= length) throw damaged();
    const sum = emitBzip2Block(block.subarray(0, length), start, emit);
    if (sum !== stated) throw wrongSum();
    total = ((total << 1) | (total >>> 31)) ^ sum;
  }
}

/** Undoes the prefix codes and the move to the front. */
function* readBlock(bits: BitFeed, block: Int32Array): FeedReader<number> {
  const { symbols, selectors, tables } = yield* readCodes(bits);
  const endSymbol = symbols.length + 1;
  let length = 0;
  let run = 0;
  let runWeight = 1;
  for (const selector of selectors) {
    const table = tables[selector];
    if (table === undefined) break;
    // All codes of a group at once, so that the inner loop never waits.
    yield* bits.want(GROUP_SYMBOLS * MAX_CODE_BITS);
    for (let n = 0; n < GROUP_SYMBOLS; n++) {
      const symbol = readSymbol(bits, table);
      if (symbol <= RUN_B) {
        run += runWeight << symbol;
        runWeight *= 2;
        if (length + run > block.length) throw damaged();
        continue;
      }
      block.fill(symbols[0] ?? 0, length, length + run);
      length += run;
      run = 0;
      runWeight = 1;
      if (symbol === endSymbol) return length;
      if (length === block.length) throw damaged();
      block[length++] = moveToFront(symbols, symbol - 1);
    }
  }
  throw damaged();
}

function* readCodes(bits: BitFeed): FeedReader<{
  /** Those in use, in the order of their numbers. */
  readonly symbols: Uint8Array;
  /** The table of each group. */
  readonly selectors: Uint8Array;
  readonly tables: readonly CodeTable[];
}> {
  const symbols = yield* readSymbolsInUse(bits);
  const tableCount = yield* bits.read(3);
  const isLegal = symbols.length > 0 && tableCount >= MIN_TABLES &&
    tableCount <= MAX_TABLES;
  if (!isLegal) throw damaged();
  const selectors = yield* readSelectors(bits, tableCount);
  const tables: CodeTable[] = [];
  while (tables.length < tableCount) {
    // Two symbols more: what ends a block, and the second one of runs.
    tables.push(yield* readTable(bits, symbols.length + 2));
  }
  return { symbols, selectors, tables };
}

function moveToFront(symbols: Uint8Array, index: number): number {
  const symbol = symbols[index] ?? 0;
  symbols.copyWithin(1, 0, index);
  symbols[0] = symbol;
  return symbol;
}

function* readSymbolsInUse(bits: BitFeed): FeedReader<Uint8Array> {
  const groups = yield* bits.read(16);
  const used: number[] = [];
  for (let group = 0; group < 16; group++) {
    if ((groups >> (15 - group) & 1) === 0) continue;
    const members = yield* bits.read(16);
    for (let member = 0; member < 16; member++) {
      if ((members >> (15 - member) & 1) === 1) used.push(16 * group + member);
    }
  }
  return Uint8Array.from(used);
}

function* readSelectors(
  bits: BitFeed,
  tableCount: number,
): FeedReader<Uint8Array> {
  const count = yield* bits.read(15);
  if (count === 0) throw damaged();
  const selectors = new Uint8Array(count);
  const order = Uint8Array.from({ length: tableCount }, (_, index) => index);
  for (let at = 0; at < count; at++) {
    let index = 0;
    while ((yield* bits.read(1)) === 1) {
      if (++index === tableCount) throw damaged();
    }
    selectors[at] = moveToFront(order, index);
  }
  return selectors;
}

function* readTable(bits: BitFeed, count: number): FeedReader<CodeTable> {
  const lengths = new Uint8Array(count);
  let length = yield* bits.read(5);
  for (let symbol = 0; symbol < count; symbol++) {
    while ((yield* bits.read(1)) === 1) {
      length += (yield* bits.read(1)) === 1 ? -1 : 1;
    }
    if (length < 1 || length > MAX_CODE_BITS) throw damaged();
    lengths[symbol] = length;
  }
  return makeTable(lengths);
}

function makeTable(lengths: Uint8Array): CodeTable {
  const limits = new Int32Array(MAX_CODE_BITS + 1).fill(-1);
  const bases = new Int32Array(MAX_CODE_BITS + 1);
  const symbols = new Uint16Array(lengths.length);
  let code = 0;
  let index = 0;
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
    bases[bits] = code - index;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === bits) symbols[index++] = symbol;
    }
    code = index + (bases[bits] ?? 0);
    if (code > 1 << bits) throw damaged();
    limits[bits] = code - 1;
    code *= 2;
  }
  return { limits, bases, symbols };
}

function readSymbol(bits: BitFeed, table: CodeTable): number {
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    code = (code << 1) | bits.bit();
    if (code > (table.limits[length] ?? -1)) continue;
    return table.symbols[code - (table.bases[length] ?? 0)] ?? 0;
  }
  throw damaged();
}

function damaged(): SyntaxError {
  return new SyntaxError("its bzip2 data are damaged");
}

function wrongSum(): SyntaxError {
  return new SyntaxError("a bzip2 checksum is wrong");
}
