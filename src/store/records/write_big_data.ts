/** Writes items that belong to a record into files beside it. */

import { dirname, join } from "@std/path";
import { digestOf } from "../../formats/oci/digest_of.ts";
import type { BigDataMembers } from "../../formats/storage/store_record.ts";
import { syncDirectory } from "../../fs/sync.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import { bigDataFileName, type BigDataItem } from "./big_data.ts";

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

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}

/** Go writes maps in the order of their keys. */
function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
