/** Blocks of bzip2: the Burrows-Wheeler transform, runs, and the checksum. */

import type { Bytes } from "../bytes.ts";

const BYTE_VALUES = 256;
const POLYNOMIAL = 0x04c11db7;
const OUTPUT_BYTES = 64 * 1024;
// After so many equal bytes comes the number of further ones.
const RUN_BYTES = 4;
const TABLE = makeTable();

/**
 * Undoes the transform of a block and its runs.
 *
 * @param block Its symbols, each in the low 8 bits; it is overwritten.
 * @param start Which of the rotations it is.
 * @returns The checksum of what came out.
 */
export function emitBzip2Block(
  block: Int32Array,
  start: number,
  emit: (bytes: Bytes) => void,
): number {
  linkSymbols(block);
  const output = new Uint8Array(OUTPUT_BYTES);
  let filled = 0;
  let sum = -1;
  let link = (block[start] ?? 0) >>> 8;
  let previous = -1;
  let equal = 0;
  for (let n = 0; n < block.length; n++) {
    const value = block[link] ?? 0;
    link = value >>> 8;
    const symbol = value & 0xff;
    let times = 1;
    if (equal === RUN_BYTES) {
      times = symbol;
      equal = 0;
    } else {
      equal = symbol === previous ? equal + 1 : 1;
      previous = symbol;
    }
    // The longest run, of 255 bytes, must have room.
    if (filled + BYTE_VALUES > OUTPUT_BYTES) flush();
    for (let time = 0; time < times; time++) output[filled++] = previous;
  }
  flush();
  return ~sum;

  function flush(): void {
    const bytes = output.subarray(0, filled);
    sum = updateSum(sum, bytes);
    filled = 0;
    if (bytes.length > 0) emit(bytes);
  }
}

/** Adds to each symbol, above its 8 bits, where the next one is. */
function linkSymbols(block: Int32Array): void {
  const starts = new Int32Array(BYTE_VALUES + 1);
  for (const symbol of block) {
    starts[symbol + 1] = (starts[symbol + 1] ?? 0) + 1;
  }
  for (let symbol = 0; symbol < BYTE_VALUES; symbol++) {
    starts[symbol + 1] = (starts[symbol + 1] ?? 0) + (starts[symbol] ?? 0);
  }
  for (let at = 0; at < block.length; at++) {
    const symbol = (block[at] ?? 0) & 0xff;
    const place = starts[symbol] ?? 0;
    starts[symbol] = place + 1;
    block[place] = (block[place] ?? 0) | (at << 8);
  }
}

function updateSum(before: number, bytes: Bytes): number {
  let sum = before;
  for (let at = 0; at < bytes.length; at++) {
    sum = (sum << 8) ^ (TABLE[(sum >>> 24) ^ (bytes[at] ?? 0)] ?? 0);
  }
  return sum;
}

/** The usual checksum of 32 bits, but with the highest bit first. */
function makeTable(): Int32Array {
  return Int32Array.from({ length: BYTE_VALUES }, (_, byte) => {
    let sum = byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      sum = (sum << 1) ^ (sum < 0 ? POLYNOMIAL : 0);
    }
    return sum;
  });
}
