/** Extension headers of an entry: PAX `x`, GNU `L` and `K`. */

import { toBinaryString } from "../binary_string.ts";
import {
  parsePax,
  parsePaxNumber,
  parsePaxTime,
  type PaxRecords,
} from "./pax.ts";
import type { TarEntry, TarType } from "./tar_entry.ts";
import type { TarHeader } from "./tar_header.ts";
import {
  openSparseMap,
  type SparseMapReader,
  sparseNameOf,
} from "./tar_sparse.ts";

/** Extended headers that wait for the header they belong to. */
export interface TarExtensions {
  readonly records?: PaxRecords | undefined;
  readonly longName?: string | undefined;
  readonly longLinkName?: string | undefined;
}

/** The kinds of extended headers, by type character. */
export type ExtensionFlag = "g" | "K" | "L" | "x";

const TYPES: ReadonlyMap<string, TarType> = new Map([
  ["\0", "file"],
  ["0", "file"],
  ["1", "link"],
  ["2", "symlink"],
  ["3", "char"],
  ["4", "block"],
  ["5", "directory"],
  ["6", "fifo"],
  ["7", "file"],
  ["S", "file"],
]);
const XATTR_PREFIX = "SCHILY.xattr.";
const NO_RECORDS: PaxRecords = new Map();
const MAX_ID = 0xffffffff;

/** Whether a header is an extension of the next one. */
export function isExtensionFlag(flag: string): flag is ExtensionFlag {
  return flag === "x" || flag === "g" || flag === "L" || flag === "K";
}

/**
 * Adds an extension to those that wait.
 *
 * @throws {SyntaxError} If its body is malformed.
 */
export function addExtension(
  extensions: TarExtensions,
  flag: ExtensionFlag,
  body: Uint8Array,
): TarExtensions {
  switch (flag) {
    case "x":
      return { ...extensions, records: parsePax(body) };
    case "L":
      return { ...extensions, longName: readLongName(body) };
    case "K":
      return { ...extensions, longLinkName: readLongName(body) };
    case "g":
      // Checked, and then ignored as all image tools do.
      parsePax(body);
      return extensions;
  }
}

/**
 * Begins to read the map of a sparse file; `undefined` if it is none.
 *
 * @throws {SyntaxError} If it is no file, or of an unknown format.
 */
export function openEntryMap(
  header: TarHeader,
  { type }: TarEntry,
  { records = NO_RECORDS }: TarExtensions,
): SparseMapReader | undefined {
  const map = openSparseMap(header, records);
  if (map === undefined || type === "file") return map;
  throw new SyntaxError(`it is a ${type} with a sparse map`);
}

/**
 * Makes the entry of a header and of what stood before it.
 *
 * @throws {SyntaxError} If they contradict each other, or ask for too much.
 */
export function toTarEntry(
  header: TarHeader,
  { records = NO_RECORDS, longName, longLinkName }: TarExtensions,
): TarEntry {
  const path = sparseNameOf(records) ?? records.get("path");
  const name = pick("name", path, longName, header.name);
  const linkName = records.get("linkpath");
  const type = typeOf(header, name);
  const time = records.get("mtime");
  const mtime = time === undefined || time === ""
    ? { seconds: header.mtime, nanoseconds: 0 }
    : parsePaxTime(time);
  const size = number(records, "size", header.size);
  if (size < 0) throw new SyntaxError(`its size is ${size}`);
  return {
    type,
    name,
    linkName: type === "link" || type === "symlink"
      ? pick("link name", linkName, longLinkName, header.linkName)
      : "",
    size: type === "file" ? size : 0,
    mode: header.mode & 0o7777,
    uid: id(records, "uid", header.uid),
    gid: id(records, "gid", header.gid),
    mtime: mtime.seconds,
    mtimeNs: mtime.nanoseconds,
    major: header.major,
    minor: header.minor,
    xattrs: findXattrs(records),
  };
}

function typeOf(header: TarHeader, name: string): TarType {
  const flag = String.fromCharCode(header.typeFlag);
  // Before POSIX, a slash was all that told directories.
  if (flag === "\0" && name.endsWith("/")) return "directory";
  const type = TYPES.get(flag);
  if (type !== undefined) return type;
  const shown = JSON.stringify(flag);
  throw new SyntaxError(`its type ${shown} is unknown`);
}

/** Readers differ in precedence, so contradictions are refused. */
function pick(
  what: string,
  pax: string | undefined,
  gnu: string | undefined,
  plain: string,
): string {
  if (pax === undefined || pax === "") return gnu ?? plain;
  if (gnu === undefined || gnu === pax) return pax;
  throw new SyntaxError(`it has two ${what}s`);
}

function readLongName(body: Uint8Array): string {
  const end = body.indexOf(0);
  return toBinaryString(end < 0 ? body : body.subarray(0, end));
}

function number(records: PaxRecords, key: string, plain: number): number {
  const value = records.get(key);
  if (value === undefined || value === "") return plain;
  return parsePaxNumber(value, key);
}

function id(records: PaxRecords, key: "gid" | "uid", plain: number): number {
  const value = number(records, key, plain);
  if (value >= 0 && value < MAX_ID) return value;
  throw new SyntaxError(`its ${key} is ${value}`);
}

function findXattrs(records: PaxRecords): Map<string, string> | undefined {
  let found: Map<string, string> | undefined;
  for (const [key, value] of records) {
    // A record without value takes back what was there.
    if (!key.startsWith(XATTR_PREFIX) || value === "") continue;
    found ??= new Map();
    found.set(key.slice(XATTR_PREFIX.length), value);
  }
  return found;
}
