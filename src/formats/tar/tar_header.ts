/** The 512-byte header block: POSIX.1-2017, pax, "ustar"; GNU and V7 forms. */

import { toBinaryString } from "../binary_string.ts";

/** The length of a block, in bytes. */
export const TAR_BLOCK_BYTES = 512;

/** A header block as it is, before extended headers change it. */
export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  /** The type's character code. */
  readonly typeFlag: number;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

const CHECKSUM_START = 148;
const CHECKSUM_END = 156;
const PREFIX_START = 345;
const SPACE = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;
const CHAR_DEVICE = 0x33;
const BLOCK_DEVICE = 0x34;

/** Whether a block is all zeros: two of them end an archive. */
export function isZeroBlock(bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < start + TAR_BLOCK_BYTES; at++) {
    if (bytes[at] !== 0) return false;
  }
  return true;
}

/**
 * Parses a header block.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseTarHeader(bytes: Uint8Array, start: number): TarHeader {
  checkSum(bytes, start);
  const typeFlag = bytes[start + 156] ?? 0;
  const isDevice = typeFlag === CHAR_DEVICE || typeFlag === BLOCK_DEVICE;
  return {
    name: readName(bytes, start),
    linkName: readString(bytes, start + 157, 100),
    typeFlag,
    size: readNumber(bytes, start + 124, 12, "size"),
    mode: readNumber(bytes, start + 100, 8, "mode"),
    uid: readNumber(bytes, start + 108, 8, "uid"),
    gid: readNumber(bytes, start + 116, 8, "gid"),
    mtime: readNumber(bytes, start + 136, 12, "mtime"),
    major: isDevice ? readNumber(bytes, start + 329, 8, "major") : 0,
    minor: isDevice ? readNumber(bytes, start + 337, 8, "minor") : 0,
  };
}

function checkSum(bytes: Uint8Array, start: number): void {
  let unsigned = 0;
  let high = 0;
  for (let at = start; at < start + TAR_BLOCK_BYTES; at++) {
    const byte = bytes[at] ?? 0;
    unsigned += byte;
    high += byte >> 7;
  }
  for (let at = start + CHECKSUM_START; at < start + CHECKSUM_END; at++) {
    const byte = bytes[at] ?? 0;
    unsigned += SPACE - byte;
    high -= byte >> 7;
  }
  const stated = readNumber(bytes, start + CHECKSUM_START, 8, "checksum");
  // Some old programs took bytes as signed.
  if (stated === unsigned || stated === unsigned - 256 * high) return;
  throw new SyntaxError(`its checksum is ${unsigned}, not ${stated}`);
}

function readName(bytes: Uint8Array, start: number): string {
  const name = readString(bytes, start, 100);
  const length = prefixLength(bytes, start);
  if (length === 0 || bytes[start + PREFIX_START] === 0) return name;
  return `${readString(bytes, start + PREFIX_START, length)}/${name}`;
}

/** Only POSIX headers have a prefix; GNU keeps times in its place. */
function prefixLength(bytes: Uint8Array, start: number): number {
  const isPosix = hasText(bytes, start + 257, "ustar\x0000");
  if (!isPosix) return 0;
  return hasText(bytes, start + 508, "tar\x00") ? 131 : 155;
}

/** Whether a header is GNU's own: what is where others have a prefix. */
export function isGnuHeader(bytes: Uint8Array, start: number): boolean {
  return hasText(bytes, start + 257, "ustar  \0");
}

function hasText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (bytes[start + at] !== text.charCodeAt(at)) return false;
  }
  return true;
}

function readString(bytes: Uint8Array, start: number, length: number): string {
  let end = start;
  while (end < start + length && bytes[end] !== 0) end++;
  return end === start ? "" : toBinaryString(bytes.subarray(start, end));
}

/**
 * Reads a number of a header: octal, or GNU's base 256.
 *
 * @param field Its name, for the error.
 * @throws {SyntaxError} If it is none, or too large to be held exactly.
 */
export function readNumber(
  bytes: Uint8Array,
  start: number,
  length: number,
  field: string,
): number {
  const first = bytes[start] ?? 0;
  const value = (first & 0x80) === 0
    ? readOctal(bytes, start, length)
    : readBase256(bytes, start, length);
  if (Number.isSafeInteger(value)) return value;
  throw new SyntaxError(`its ${field} is no number`);
}

function readOctal(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  let end = start + length;
  while (at < end && isPadding(bytes[at])) at++;
  while (end > at && isPadding(bytes[end - 1])) end--;
  let value = 0;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    // A NUL ends the field, whatever garbage follows.
    if (byte === 0) break;
    if (byte < ZERO || byte > SEVEN) return NaN;
    value = value * 8 + byte - ZERO;
  }
  return value;
}

function isPadding(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0;
}

/** Two's complement, big-endian, below the marking bit. */
function readBase256(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] ?? 0;
  const isNegative = (first & 0x40) !== 0;
  let value = isNegative ? (first & 0x7f) - 0x80 : first & 0x7f;
  for (let at = start + 1; at < start + length; at++) {
    value = value * 256 + (bytes[at] ?? 0);
  }
  return value;
}
