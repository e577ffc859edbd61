/**
 * Sparse files: GNU tar's manual, "Storing Sparse Files". The archive holds a map of
 * where data are, and these; all between is a hole. There are four ways to write the
 * map: into header blocks, into PAX records (0.0 and 0.1), and before the data (1.0).
 */

import { type Bytes, toBytes } from "../bytes.ts";
import { parsePaxNumber, type PaxRecords, SPARSE_MAP } from "./pax.ts";
import {
  isGnuHeader,
  readNumber,
  TAR_BLOCK_BYTES,
  type TarHeader,
} from "./tar_header.ts";

/** A part of a sparse file that is no hole, in bytes. */
export interface SparseRegion {
  readonly offset: number;
  readonly length: number;
}

/** What a sparse file is like beside its data. */
export interface SparseLayout {
  /** Its length with all holes, in bytes. */
  readonly realSize: number;
  /** In order, and none touches the next. */
  readonly regions: readonly SparseRegion[];
}

/** Reads a map, a block at a time. */
export interface SparseMapReader {
  /** Bytes of blocks that are counted in the entry's size. */
  readonly countedBytes: number;
  /** Whether the next block belongs to the map. */
  readonly wantsBlock: boolean;
  /** @throws {SyntaxError} If it holds no map. */
  add(bytes: Uint8Array, start: number): void;
  /**
   * Gives the map when it is complete.
   *
   * @param dataSize Bytes of data that the archive holds.
   * @throws {SyntaxError} If it does not fit the file.
   */
  finish(dataSize: number): SparseLayout;
}

/** The type of files whose map begins in their own header block: `S`. */
export const SPARSE_TYPE_FLAG = 0x53;
const SPARSE_PREFIX = "GNU.sparse.";

// As for extended headers: some 40,000 regions.
const MAX_MAP_BYTES = 1024 * 1024;
const FIELD_BYTES = 12;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
// Where regions are in a header block, how many, and what tells of more blocks.
const IN_HEADER = { start: 386, count: 4, more: 482 };
const IN_EXTENSION = { start: 0, count: 21, more: 504 };
const REAL_SIZE_START = 483;

/**
 * Begins to read the map of an entry; `undefined` if it is no sparse file.
 *
 * @throws {SyntaxError} If its kind is not known.
 */
export function openSparseMap(
  header: TarHeader,
  records: PaxRecords,
): SparseMapReader | undefined {
  if (header.typeFlag === SPARSE_TYPE_FLAG) return readBlockMap();
  const version = findVersion(records);
  switch (version) {
    case undefined:
      return undefined;
    case "0":
      return readRecordMap(records, realSizeOf(records, header.size));
    case "1.0":
      return readDataMap(realSizeOf(records, header.size));
  }
}

/** The real name of a sparse file, if its records tell: `path` is made up then. */
export function sparseNameOf(records: PaxRecords): string | undefined {
  const name = records.get(`${SPARSE_PREFIX}name`) ?? "";
  if (name === "" || findVersion(records) === undefined) return undefined;
  return name;
}

/** Encodes a map as in version 1.0: it stands before the data. */
export function encodeSparseMap({ realSize, regions }: SparseLayout): Bytes {
  // GNU tar makes a file as long as the last region says, also an empty one.
  const all = [...regions, { offset: realSize, length: 0 }];
  const numbers = all.flatMap(({ offset, length }) => [offset, length]);
  const text = [all.length, ...numbers].map((n) => `${n}\n`).join("");
  const blocks = Math.ceil(text.length / TAR_BLOCK_BYTES);
  return toBytes(text.padEnd(blocks * TAR_BLOCK_BYTES, "\0"));
}

/** The records of a file whose map is encoded like that. */
export function encodeSparseRecords(realSize: number): PaxRecords {
  return new Map([
    [`${SPARSE_PREFIX}major`, "1"],
    [`${SPARSE_PREFIX}minor`, "0"],
    [`${SPARSE_PREFIX}realsize`, String(realSize)],
  ]);
}

function findVersion(records: PaxRecords): "0" | "1.0" | undefined {
  const major = records.get(`${SPARSE_PREFIX}major`) ?? "";
  const minor = records.get(`${SPARSE_PREFIX}minor`) ?? "";
  if (major === "1" && minor === "0") return "1.0";
  if (major === "0" && (minor === "0" || minor === "1")) return "0";
  if (major !== "" || minor !== "") {
    throw new SyntaxError(
      `its sparse format ${JSON.stringify(`${major}.${minor}`)} is unknown`,
    );
  }
  return (records.get(SPARSE_MAP) ?? "") === "" ? undefined : "0";
}

function realSizeOf(records: PaxRecords, plain: number): number {
  for (const key of ["size", "realsize"]) {
    const value = records.get(`${SPARSE_PREFIX}${key}`) ?? "";
    if (value !== "") return parsePaxNumber(value, `${SPARSE_PREFIX}${key}`);
  }
  return plain;
}

/** The old way of GNU: the header block, and more if that is not enough. */
function readBlockMap(): SparseMapReader {
  const regions: SparseRegion[] = [];
  let realSize = 0;
  let blocks = 0;
  let wantsBlock = true;
  return {
    countedBytes: 0,
    get wantsBlock() {
      return wantsBlock;
    },
    add(bytes, at) {
      const { start, count, more } = blocks === 0 ? IN_HEADER : IN_EXTENSION;
      if (blocks === 0) {
        if (!isGnuHeader(bytes, at)) {
          throw new SyntaxError("it is a sparse file, but not of GNU's format");
        }
        realSize = readNumber(bytes, at + REAL_SIZE_START, FIELD_BYTES, "size");
      }
      if (++blocks * TAR_BLOCK_BYTES > MAX_MAP_BYTES) throw tooLarge();
      wantsBlock = bytes[at + more] !== 0;
      for (let index = 0; index < count; index++) {
        const field = at + start + 2 * FIELD_BYTES * index;
        if (bytes[field] === 0) break;
        const [offset = 0, length = 0] = [field, field + FIELD_BYTES].map((
          place,
        ) => readNumber(bytes, place, FIELD_BYTES, "map"));
        regions.push({ offset, length });
      }
    },
    finish: (dataSize) => checkLayout({ realSize, regions }, dataSize),
  };
}

function readRecordMap(records: PaxRecords, realSize: number): SparseMapReader {
  return {
    countedBytes: 0,
    wantsBlock: false,
    add() {},
    finish(dataSize) {
      const text = records.get(SPARSE_MAP) ?? "";
      const numbers = text === "" ? [] : text.split(",");
      return checkLayout({
        realSize,
        regions: pairUp(numbers.map((n) => parsePaxNumber(n, SPARSE_MAP))),
      }, dataSize);
    },
  };
}

/** Decimal numbers, a line each: how many regions, then those. */
function readDataMap(realSize: number): SparseMapReader {
  const numbers: number[] = [];
  let digits = "";
  let wanted = 1;
  let countedBytes = 0;
  return {
    get countedBytes() {
      return countedBytes;
    },
    get wantsBlock() {
      return numbers.length < wanted;
    },
    add(bytes, start) {
      countedBytes += TAR_BLOCK_BYTES;
      if (countedBytes > MAX_MAP_BYTES) throw tooLarge();
      const end = start + TAR_BLOCK_BYTES;
      for (let at = start; at < end && numbers.length < wanted; at++) {
        const byte = bytes[at] ?? 0;
        if (byte === NEWLINE) addNumber();
        else if (byte >= ZERO && byte <= NINE) digits += byte - ZERO;
        else throw new SyntaxError("its sparse map holds other than numbers");
      }
    },
    finish: (dataSize) =>
      checkLayout({ realSize, regions: pairUp(numbers.slice(1)) }, dataSize),
  };

  function addNumber(): void {
    const number = parsePaxNumber(digits, "sparse map");
    if (numbers.length === 0) wanted = 1 + 2 * number;
    numbers.push(number);
    digits = "";
  }
}

function pairUp(numbers: readonly number[]): SparseRegion[] {
  if (numbers.length % 2 !== 0) {
    throw new SyntaxError("its sparse map ends in the middle of a region");
  }
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    offset: numbers[2 * index] ?? 0,
    length: numbers[2 * index + 1] ?? 0,
  }));
}

/** Drops what is empty, and refuses what overlaps or does not fit. */
function checkLayout(
  { realSize, regions }: SparseLayout,
  dataSize: number,
): SparseLayout {
  if (realSize < 0) throw new SyntaxError(`its size is ${realSize}`);
  let end = 0;
  let data = 0;
  for (const { offset, length } of regions) {
    const isInOrder = offset >= end && length >= 0;
    if (!isInOrder || offset + length > realSize) {
      throw new SyntaxError(
        `its sparse map has ${length} bytes at ${offset}, which is ` +
          (isInOrder ? `beyond its ${realSize} bytes` : "out of order"),
      );
    }
    end = offset + length;
    data += length;
  }
  if (data !== dataSize) {
    throw new SyntaxError(
      `its sparse map describes ${data} bytes of data, not of ${dataSize}`,
    );
  }
  return { realSize, regions: regions.filter(({ length }) => length > 0) };
}

function tooLarge(): SyntaxError {
  return new SyntaxError(
    `its sparse map is larger than ${MAX_MAP_BYTES} bytes`,
  );
}
