/**
 * Writes entries for GNU tar: names by its `L` and `K` headers, which keep bytes
 * as they are (PAX names pass through the locale), the rest by PAX records.
 */

import { fromBinaryString } from "../binary_string.ts";
import { type Bytes, concatBytes } from "../bytes.ts";
import { encodePax } from "./pax.ts";
import type { TarEntry, TarType } from "./tar_entry.ts";
import { TAR_BLOCK_BYTES } from "./tar_header.ts";
import { encodeSparseMap, encodeSparseRecords } from "./tar_sparse.ts";

/** What ends an archive. */
export const TAR_END: Bytes = new Uint8Array(2 * TAR_BLOCK_BYTES);

const NAME_BYTES = 100;
const ZERO = 0x30;
const TYPE_FLAGS: Readonly<Record<TarType, string>> = {
  block: "4",
  char: "3",
  directory: "5",
  fifo: "6",
  file: "0",
  link: "1",
  symlink: "2",
};
const EXTENSION = {
  linkName: "",
  mode: 0,
  uid: 0,
  gid: 0,
  mtime: 0,
  major: 0,
  minor: 0,
};

/**
 * Encodes all headers of an entry, and the map of a sparse file; its content and
 * padding come after.
 */
export function encodeTarHeaders(entry: TarEntry): Bytes {
  const parts: Bytes[] = [];
  const { name, linkName } = entry;
  if (name.length > NAME_BYTES) {
    parts.push(...encodeExtension("L", fromBinaryString(`${name}\0`)));
  }
  if (linkName.length > NAME_BYTES) {
    parts.push(...encodeExtension("K", fromBinaryString(`${linkName}\0`)));
  }
  const records = collectRecords(entry);
  if (records.size > 0) parts.push(...encodeExtension("x", encodePax(records)));
  const map = entry.sparse === undefined
    ? new Uint8Array(0)
    : encodeSparseMap(entry.sparse);
  const size = map.length + entry.size;
  parts.push(encodeBlock({ ...entry, size }, TYPE_FLAGS[entry.type]), map);
  return concatBytes(parts);
}

/** The zeros that follow content. */
export function tarPadding(size: number): Bytes {
  const over = size % TAR_BLOCK_BYTES;
  return new Uint8Array(over === 0 ? 0 : TAR_BLOCK_BYTES - over);
}

function collectRecords(entry: TarEntry): Map<string, string> {
  const records = new Map(
    entry.sparse && encodeSparseRecords(entry.sparse.realSize),
  );
  if (entry.mtimeNs > 0) {
    const fraction = String(entry.mtimeNs).padStart(9, "0");
    records.set("mtime", `${entry.mtime}.${fraction}`);
  }
  for (const [name, value] of entry.xattrs ?? []) {
    records.set(`SCHILY.xattr.${name}`, value);
  }
  return records;
}

function encodeExtension(flag: string, body: Bytes): Bytes[] {
  const header = { ...EXTENSION, name: "././@LongLink", size: body.length };
  return [encodeBlock(header, flag), body, tarPadding(body.length)];
}

// A layer may have a million symlinks: no strings and buffers in between here.
function encodeBlock(
  entry: Omit<TarEntry, "mtimeNs" | "type" | "xattrs">,
  flag: string,
): Bytes {
  const block = new Uint8Array(TAR_BLOCK_BYTES);
  writeText(block, 0, entry.name);
  writeNumber(block, 100, 8, entry.mode);
  writeNumber(block, 108, 8, entry.uid);
  writeNumber(block, 116, 8, entry.gid);
  writeNumber(block, 124, 12, entry.size);
  writeNumber(block, 136, 12, entry.mtime);
  writeText(block, 148, "        ");
  writeText(block, 156, flag);
  writeText(block, 157, entry.linkName);
  writeText(block, 257, "ustar\x0000");
  writeNumber(block, 329, 8, entry.major);
  writeNumber(block, 337, 8, entry.minor);
  let sum = 0;
  for (let at = 0; at < TAR_BLOCK_BYTES; at++) sum += block[at] ?? 0;
  writeNumber(block, 148, 7, sum);
  return block;
}

function writeText(block: Bytes, at: number, text: string): void {
  const length = Math.min(text.length, NAME_BYTES);
  for (let index = 0; index < length; index++) {
    block[at + index] = text.charCodeAt(index);
  }
}

/** Octal and a NUL where that fits, else GNU's base-256. */
function writeNumber(
  block: Bytes,
  at: number,
  length: number,
  value: number,
): void {
  const isOctal = value >= 0 && value < 8 ** (length - 1);
  const base = isOctal ? 8 : 256;
  const last = at + length - (isOctal ? 2 : 1);
  let rest = value;
  for (let index = last; index >= at; index--) {
    const digit = ((rest % base) + base) % base;
    block[index] = isOctal ? ZERO + digit : digit;
    rest = (rest - digit) / base;
  }
  if (isOctal) block[last + 1] = 0;
  else block[at] = value < 0 ? 0xff : 0x80;
}
