/** Finds a record among others, by what people call it. */

import type { StoreRecord } from "../../formats/storage/store_record.ts";

/** Finds a record by name; of two holders the later one has it. */
export function findByName<R extends StoreRecord>(
  records: readonly R[],
  name: string,
): R | undefined {
  return records.findLast(({ names }) => names?.includes(name) === true);
}

/** Finds the one record whose ID begins so; not for an empty prefix. */
export function findByPrefix<R extends StoreRecord>(
  records: readonly R[],
  prefix: string,
): R | undefined {
  if (prefix === "") return undefined;
  const found = records.filter(({ id }) => id.startsWith(prefix));
  return found.length === 1 ? found[0] : undefined;
}
