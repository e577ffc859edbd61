/** Items that belong to a record and lie in files beside it. */

import { dirname, join } from "@std/path";
import { type Bytes, toBytes } from "../../formats/bytes.ts";
import { digestOf } from "../../formats/oci/digest_of.ts";
import type { BigDataMembers } from "../../formats/storage/store_record.ts";
import { syncDirectory } from "../../fs/sync.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";

/** An item: its key and its content. */
export type BigDataItem = readonly [key: string, content: Uint8Array];

/**
 * The file name of an item: the key if it is of digits, small letters and
 * dots, else `=` and the base64 of the key.
 *
 * @throws {TypeError} If no file can have that name.
 */
export function bigDataFileName(key: string): string {
  if (key === "") throw new TypeError(`Cannot name an item "": it is empty`);
  if (/^[0-9a-z.]+$/.test(key) && !/^\.+$/.test(key)) return key;
  const encoded = toBytes(key).toBase64();
  if (encoded.includes("/")) {
    throw new TypeError(`Cannot name an item "${key}": "/" in its base64`);
  }
  return `=${encoded}`;
}

/**
 * Writes items.
 *
 * @param directory That of the record; it is made if missing.
 * @param members What the record says of items it has already.
 * @returns What the record has to say then.
 */
export function writeBigData(
  directory: string,
  items: readonly BigDataItem[],
  members: BigDataMembers = {},
): Required<BigDataMembers> {
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [key, content] of items) {
    writeAtomically(join(directory, bigDataFileName(key)), content);
  }
  for (const changed of [directory, dirname(directory)]) syncDirectory(changed);
  return {
    "big-data-names": unique([
      ...members["big-data-names"] ?? [],
      ...items.map(([key]) => key),
    ]),
    "big-data-sizes": sorted({
      ...members["big-data-sizes"],
      ...Object.fromEntries(items.map(([k, v]) => [k, v.byteLength])),
    }),
    "big-data-digests": sorted({
      ...members["big-data-digests"],
      ...Object.fromEntries(items.map(([k, v]) => [k, digestOf(v)])),
    }),
  };
}

/** Reads an item. */
export function readBigData(directory: string, key: string): Bytes {
  return new Uint8Array(
    Deno.readFileSync(join(directory, bigDataFileName(key))),
  );
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}

/** Go writes maps in the order of their keys. */
function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
