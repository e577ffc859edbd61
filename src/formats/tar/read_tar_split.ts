/**
 * Reads tar-split files, orlop's and those of other tools: what a layer's archive
 * holds beside file content, and where content belongs.
 */

import { decodeBinaryString, toBinaryString } from "../binary_string.ts";
import { type Bytes, concatBytes, toBytes, toText } from "../bytes.ts";
import { createDecompressor } from "../compression/decompress.ts";
import { asObject, asSize, asString, optional } from "../json.ts";

/** A piece of an archive. */
export type TarSplitPiece =
  /** Bytes that no file holds. */
  | { readonly kind: "segment"; readonly bytes: Bytes }
  /** The content of a file: its name as a binary string, its size in bytes. */
  | {
    readonly kind: "file";
    readonly name: string;
    readonly size: number;
    /** The CRC-64 of the content as base64; undefined if it has none. */
    readonly crc: string | undefined;
  };

// Other tools write the padding at the end of an archive as one segment.
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const ROOM_BYTES = 128 * 1024;
const NEWLINE = 10;

/**
 * Reads a tar-split file.
 *
 * @param chunks The file: gzip'd lines of JSON.
 * @param what Which it is, for errors.
 * @throws {SyntaxError} If it is damaged.
 */
export function* readTarSplit(
  chunks: Iterable<Bytes>,
  what: string,
): Generator<TarSplitPiece> {
  for (const line of splitLines(gunzip(chunks, what), what)) {
    if (line.length > 0) yield parsePiece(line, what);
  }
}

/**
 * Lists the files with content whose names are no UTF-8, as binary strings.
 *
 * @throws {SyntaxError} If it is damaged.
 */
export function listRawNames(
  open: () => Iterable<Bytes>,
  what: string,
): readonly string[] {
  // Nearly all lists have none, and need not be parsed to see that.
  if (!mentionsRawNames(gunzip(open(), what))) return [];
  const names: string[] = [];
  for (const piece of readTarSplit(open(), what)) {
    if (piece.kind !== "file" || piece.size === 0) continue;
    if (decodeBinaryString(piece.name) === undefined) names.push(piece.name);
  }
  return names;
}

const RAW_NAME = '"name_raw"';

function mentionsRawNames(chunks: Iterable<Bytes>): boolean {
  let end = "";
  for (const chunk of chunks) {
    const text = end + toBinaryString(chunk);
    if (text.includes(RAW_NAME)) return true;
    end = text.slice(-RAW_NAME.length);
  }
  return false;
}

function parsePiece(line: Bytes, what: string): TarSplitPiece {
  const entry = asObject(parse(line, what), what);
  const payload = optional(entry["payload"], `${what}, payload`, asString);
  switch (entry["type"]) {
    case 1: {
      const size = optional(entry["size"], `${what}, size`, asSize) ?? 0;
      return { kind: "file", name: nameOf(entry, what), size, crc: payload };
    }
    case 2:
      return { kind: "segment", bytes: decode(payload ?? "", what) };
  }
  throw new SyntaxError(`Cannot read ${what}: an entry of unknown type`);
}

/** Not as strictly as elsewhere: the digest of what comes out tells all. */
function parse(line: Bytes, what: string): unknown {
  try {
    return JSON.parse(toText(line));
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${what}: it is no JSON`, { cause });
  }
}

function nameOf(
  entry: Readonly<Record<string, unknown>>,
  what: string,
): string {
  const raw = optional(entry["name_raw"], `${what}, name_raw`, asString);
  if (raw !== undefined) return toBinaryString(decode(raw, what));
  const name = optional(entry["name"], `${what}, name`, asString) ?? "";
  return toBinaryString(toBytes(name));
}

function decode(base64: string, what: string): Bytes {
  try {
    return Uint8Array.fromBase64(base64);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${what}: it is no Base64`, { cause });
  }
}

function* gunzip(chunks: Iterable<Bytes>, what: string): Generator<Bytes> {
  let ready: Bytes[] = [];
  const decompressor = createDecompressor("gzip", {
    room: () => new Uint8Array(ROOM_BYTES),
    commit: (bytes) => void ready.push(bytes),
  });
  const attempt = (action: () => void) => {
    try {
      action();
    } catch (cause) {
      throw new SyntaxError(`Cannot read ${what}: it is damaged`, { cause });
    }
    const out = ready;
    ready = [];
    return out;
  };
  try {
    for (const chunk of chunks) yield* attempt(() => decompressor.write(chunk));
    yield* attempt(() => decompressor.end());
  } finally {
    decompressor.close();
  }
}

function* splitLines(chunks: Iterable<Bytes>, what: string): Generator<Bytes> {
  let begun: Bytes[] = [];
  let length = 0;
  for (const chunk of chunks) {
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, at);
      const part = chunk.subarray(at, end < 0 ? chunk.length : end);
      begun.push(part);
      length += part.length;
      if (length > MAX_LINE_BYTES) {
        throw new SyntaxError(
          `Cannot read ${what}: a line is longer than ${MAX_LINE_BYTES} bytes`,
        );
      }
      if (end < 0) break;
      yield concatBytes(begun);
      [begun, length, at] = [[], 0, end + 1];
    }
  }
  if (length > 0) yield concatBytes(begun);
}
