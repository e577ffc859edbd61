/** What a record says of the items beside it. */

import { digestOf } from "../../formats/oci/digest_of.ts";
import type { BigDataMembers } from "../../formats/storage/store_record.ts";
import type { BigDataItem } from "./big_data.ts";

/**
 * Describes items.
 *
 * @param members What the record says of items that it has already.
 * @returns What it has to say with these.
 */
export function describeBigData(
  items: readonly BigDataItem[],
  members: BigDataMembers = {},
): Required<BigDataMembers> {
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
