/**
 * The bytes of a table of records, with where each record lies in them. A table is
 * read and written as a whole for each change of a record: unchanged records are
 * neither parsed nor formatted again.
 */

import {
  byteLengthOf,
  type Bytes,
  concatBytes,
  toBytes,
  toStrictText,
  toText,
} from "../bytes.ts";
import { countSame, countSameAtEnd } from "../compare_bytes.ts";
import { formatRecord, type StoreRecord } from "./store_record.ts";

/** Parses records from a table's text. @throws {SyntaxError} If it is damaged. */
export type ParseRecords<R> = (text: string) => readonly R[];

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d] as const; // [ , ]
const NONE = "[]";

/**
 * Records in their order, and the bytes that say so: a bracket, then each record and
 * one byte that follows it.
 */
export class TableBytes<R extends StoreRecord> {
  #records: readonly R[];
  #sizes: Sizes;
  /** A buffer with spare capacity. */
  #buffer: Bytes;
  #length: number;

  private constructor(
    records: readonly R[],
    sizes: Sizes,
    bytes: Bytes,
  ) {
    this.#records = records;
    this.#sizes = sizes;
    this.#buffer = bytes;
    this.#length = bytes.byteLength;
  }

  /** Those of no records. */
  static empty<R extends StoreRecord>(): TableBytes<R> {
    return new TableBytes<R>([], () => [], toBytes(NONE));
  }

  /** Parses bytes. @throws {SyntaxError} As `parse` does. */
  static parse<R extends StoreRecord>(
    bytes: Bytes,
    parse: ParseRecords<R>,
  ): TableBytes<R> {
    const text = decode(bytes);
    const records = parse(text);
    return new TableBytes(
      records,
      once(() => measure(text, records, bytes.byteLength)),
      bytes,
    );
  }

  /** All records, in the order of the bytes. */
  get records(): readonly R[] {
    return this.#records;
  }

  /**
   * Parses bytes that another process wrote, and reuses the records of the
   * unchanged beginning and end.
   *
   * @returns This one, if the bytes are the same.
   * @throws {SyntaxError} As `parse` does.
   */
  parseNext(bytes: Bytes, parse: ParseRecords<R>): TableBytes<R> {
    const same = countSame(this.#bytes, bytes);
    if (same === this.#length && same === bytes.byteLength) return this;
    return this.#parseMiddle(bytes, parse, same) ??
      TableBytes.parse(bytes, parse);
  }

  get #bytes(): Bytes {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @returns Undefined if the whole must be parsed. */
  #parseMiddle(
    bytes: Bytes,
    parse: ParseRecords<R>,
    same: number,
  ): TableBytes<R> | undefined {
    const sizes = this.#sizes();
    if (sizes === undefined || sizes.length === 0 || same === 0) return;
    const before = countWhole(sizes, same - 1);
    const start = lengthOf(sizes.slice(0, before)) + 1;
    const after = countWhole(
      sizes.toReversed(),
      countSameAtEnd(this.#bytes.subarray(start), bytes.subarray(start)),
    );
    const behind = sizes.slice(sizes.length - after);
    const end = bytes.byteLength - lengthOf(behind);
    const isLast = after === 0;
    const middle = parsePart(bytes.subarray(start, end), parse, { isLast });
    if (middle === undefined) return;
    const records = [
      ...this.#records.slice(0, before),
      ...middle.records,
      ...this.#records.slice(sizes.length - after),
    ];
    if (new Set(records.map(({ id }) => id)).size < records.length) return;
    const all = [...sizes.slice(0, before), ...middle.sizes, ...behind];
    return new TableBytes(records, () => all, bytes);
  }

  /**
   * Writes records in place of those that are there.
   *
   * @returns The bytes, until they are written again.
   */
  write(records: readonly R[]): Bytes {
    const measured = this.#sizes();
    const old = measured === undefined ? [] : this.#records;
    const sizes = measured ?? [];
    const { before, after } = countSameRecords(old, records);
    const [from, to] = [before, old.length - after];
    const start = lengthOf(sizes.slice(0, from)) + 1;
    const known = this.#piecesOf(sizes.slice(from, to), from, start);
    const pieces = records.slice(from, records.length - after)
      .map((record) => known.get(record) ?? toBytes(formatRecord(record)));
    this.#put(concatBytes(pieces.flatMap((piece) => [piece, SEPARATOR])), {
      start,
      tailStart: this.#length - lengthOf(sizes.slice(to)),
    });
    this.#records = records;
    const all = [
      ...sizes.slice(0, from),
      ...pieces.map(({ byteLength }) => byteLength),
      ...sizes.slice(to),
    ];
    this.#sizes = () => all;
    return this.#bytes;
  }

  /** Moved records are not formatted again, either. */
  #piecesOf(
    sizes: readonly number[],
    from: number,
    start: number,
  ): Map<R, Bytes> {
    const pieces = new Map<R, Bytes>();
    let offset = start;
    for (const [index, size] of sizes.entries()) {
      const record = this.#records[from + index];
      if (record === undefined) break;
      pieces.set(record, this.#buffer.slice(offset, offset + size));
      offset += size + 1;
    }
    return pieces;
  }

  /** Puts bytes between what lies before `start` and from `tailStart` on. */
  #put(
    middle: Bytes,
    { start, tailStart }: {
      readonly start: number;
      readonly tailStart: number;
    },
  ): void {
    const tail = this.#buffer.subarray(tailStart, this.#length);
    const end = start + middle.byteLength;
    const length = Math.max(NONE.length, end + tail.byteLength);
    const target = length <= this.#buffer.byteLength
      ? this.#buffer
      : withRoom(this.#buffer.subarray(0, start), length);
    target.set(tail, end); // also where it overlaps
    target.set(middle, start);
    target[start - 1] = COMMA;
    target[0] = OPEN; // where the first record follows it, in place of that
    target[length - 1] = CLOSE;
    this.#buffer = target;
    this.#length = length;
  }
}

const SEPARATOR = new Uint8Array([COMMA]);

/**
 * How many bytes each record takes; undefined if tools write the table otherwise.
 * Who only reads does not need to know, and finding out takes as long as parsing.
 */
type Sizes = () => readonly number[] | undefined;

function once(measure: Sizes): Sizes {
  let left: Sizes | undefined = measure; // holds the text until it is called
  let sizes: ReturnType<Sizes>;
  return () => {
    if (left !== undefined) sizes = left();
    left = undefined;
    return sizes;
  };
}

/** How many bytes records take, each with what follows it. */
function lengthOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size + 1, 0);
}

/** How many records lie whole in so many bytes. */
function countWhole(sizes: readonly number[], length: number): number {
  let left = length;
  const index = sizes.findIndex((size) => (left -= size + 1) < 0);
  return index < 0 ? sizes.length : index;
}

// A table grows by a record at a time, and is not to be copied each time.
const ROOM = 1 / 8;

function withRoom(bytes: Bytes, length: number): Bytes {
  const target = new Uint8Array(length + Math.ceil(length * ROOM));
  target.set(bytes);
  return target;
}

function countSameRecords<R>(
  old: readonly R[],
  records: readonly R[],
): { readonly before: number; readonly after: number } {
  const most = Math.min(old.length, records.length);
  let before = 0;
  while (before < most && old[before] === records[before]) before++;
  let after = 0;
  while (
    before + after < most &&
    old[old.length - 1 - after] === records[records.length - 1 - after]
  ) after++;
  return { before, after };
}

/**
 * Parses records out of the middle of a table, each with the byte that follows it.
 *
 * @returns Undefined if it is not written as tools write it.
 */
function parsePart<R extends StoreRecord>(
  bytes: Bytes,
  parse: ParseRecords<R>,
  { isLast }: { readonly isLast: boolean },
):
  | { readonly records: readonly R[]; readonly sizes: readonly number[] }
  | undefined {
  if (bytes.byteLength === 0) {
    return isLast ? undefined : { records: [], sizes: [] };
  }
  if (bytes.at(-1) !== (isLast ? CLOSE : COMMA)) return undefined;
  try {
    const text = `[${toStrictText(bytes.subarray(0, -1))}]`;
    const records = parse(text);
    if (records.length === 0) return undefined;
    const sizes = measure(text, records, bytes.byteLength + 1);
    return sizes && { records, sizes };
  } catch {
    return undefined; // parsing the whole reports the error and its position
  }
}

/** Malformed UTF-8 must not hide all records. */
function decode(bytes: Bytes): string {
  try {
    return toStrictText(bytes);
  } catch {
    return toText(bytes);
  }
}

/**
 * How many bytes each record takes. As a quote in a string is escaped, no string
 * holds what ends a record here.
 *
 * @param length How many bytes the text takes.
 * @returns Undefined if the table is not written as tools write it.
 */
function measure(
  text: string,
  records: readonly StoreRecord[],
  length: number,
): readonly number[] | undefined {
  if (records.length === 0) return [];
  if (!text.startsWith("[") || !text.endsWith("}]")) return undefined;
  const isAscii = text.length === length;
  const sizes: number[] = [];
  let start = 1;
  for (const [index, record] of records.entries()) {
    const next = records[index + 1];
    const end = next === undefined
      ? text.length - 1
      : text.indexOf(`},{"id":"${next.id}"`, start) + 1;
    if (end <= start || !text.startsWith(`{"id":"${record.id}"`, start)) {
      return undefined;
    }
    sizes.push(isAscii ? end - start : byteLengthOf(text.slice(start, end)));
    start = end + 1;
  }
  // Of malformed bytes the text has others.
  return lengthOf(sizes) + 1 === length ? sizes : undefined;
}
