/** The members of a record that describe its items. */

import { digestOf } from "../../formats/oci/digest_of.ts";
import type { BigDataMembers } from "../../formats/storage/store_record.ts";
import type { BigDataItem } from "./big_data.ts";

/**
 * Describes items.
 *
 * @param members The members for the items that the record already has.
 * @returns The members for all items.
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
