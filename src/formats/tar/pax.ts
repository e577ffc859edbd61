/** PAX extended headers: POSIX.1-2017, pax, "pax Extended Header". */

import { fromBinaryString, toBinaryString } from "../binary_string.ts";
import { type Bytes, concatBytes } from "../bytes.ts";

/** Keys and values as binary strings: values may hold any bytes. */
export type PaxRecords = ReadonlyMap<string, string>;

/** A point in time: whole seconds, rounded down, and nanoseconds. */
export interface PaxTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const NAME_KEYS: ReadonlySet<string> = new Set([
  "gname",
  "linkpath",
  "path",
  "uname",
]);
const MAX_LENGTH_DIGITS = 8;
// GNU tar's manual, "Storing Sparse Files": version 0.0, and then 0.1.
const SPARSE_OFFSET = "GNU.sparse.offset";
const SPARSE_NUMBYTES = "GNU.sparse.numbytes";
/** The record that says where a sparse file has data. */
export const SPARSE_MAP = "GNU.sparse.map";

/**
 * Parses the body of an extended header. A later record of a key wins; only those
 * that tell where a sparse file has data are many, and put into one.
 *
 * @throws {SyntaxError} If the records do not fill the body.
 */
export function parsePax(body: Uint8Array): PaxRecords {
  const records = new Map<string, string>();
  const sparseMap: string[] = [];
  const text = toBinaryString(body);
  let at = 0;
  while (at < text.length) {
    const end = at + recordLength(text, at);
    const keyStart = text.indexOf(" ", at) + 1;
    const equals = text.indexOf("=", keyStart);
    const isWhole = equals >= keyStart && equals < end && end <= text.length &&
      text[end - 1] === "\n";
    if (!isWhole) throw new SyntaxError("its PAX records are malformed");
    const key = text.slice(keyStart, equals);
    const value = text.slice(equals + 1, end - 1);
    const hasNul = (NAME_KEYS.has(key) ? value : key).includes("\0");
    if (key === "" || hasNul) {
      throw new SyntaxError("a PAX record's key or name is malformed");
    }
    if (key === SPARSE_OFFSET || key === SPARSE_NUMBYTES) {
      addToSparseMap(sparseMap, key, value);
    } else {
      records.set(key, value);
    }
    at = end;
  }
  if (sparseMap.length > 0) records.set(SPARSE_MAP, sparseMap.join(","));
  return records;
}

/** Encodes the body of an extended header. */
export function encodePax(records: PaxRecords): Bytes {
  return concatBytes(
    [...records].map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      // The length counts its own digits.
      let length = rest.length;
      while (String(length).length + rest.length !== length) {
        length = String(length).length + rest.length;
      }
      return fromBinaryString(`${length}${rest}`);
    }),
  );
}

/**
 * Parses a decimal number of a record.
 *
 * @throws {SyntaxError} If it is none, or too large to be held exactly.
 */
export function parsePaxNumber(value: string, key: string): number {
  const number = /^-?\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new SyntaxError(`its PAX ${key} is no number`);
}

/**
 * Parses a time in seconds with a fraction.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parsePaxTime(value: string): PaxTime {
  const match = /^(-?)(\d{1,15})(?:\.(\d{0,50}))?$/.exec(value);
  if (match === null) throw new SyntaxError("its PAX mtime is no time");
  const [, sign = "", whole = "", fraction = ""] = match;
  const seconds = Number(whole);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, "0"));
  if (sign === "") return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

function addToSparseMap(map: string[], key: string, value: string): void {
  const isTurn = (key === SPARSE_OFFSET) === (map.length % 2 === 0);
  if (!isTurn || value.includes(",")) {
    throw new SyntaxError("its PAX records of a sparse file are malformed");
  }
  map.push(value);
}

function recordLength(text: string, start: number): number {
  const space = text.indexOf(" ", start);
  const digits = text.slice(start, space);
  const isNumber = space > start && digits.length <= MAX_LENGTH_DIGITS &&
    /^\d+$/.test(digits);
  const length = isNumber ? Number(digits) : 0;
  if (length > digits.length + 2) return length;
  throw new SyntaxError("its PAX records are malformed");
}
