/** Chooses the objects of a command: the named ones, or all with `--all`. */

import { UsageError } from "../usage_error.ts";

/**
 * Chooses the objects that a command acts on.
 *
 * @param listAll Called only for `--all`.
 * @throws {UsageError} If nothing is named, or something beside `--all`.
 */
export async function chooseNames(
  names: readonly string[],
  { all, what }: { readonly all: boolean; readonly what: string },
  listAll: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (all && names.length > 0) {
    throw new UsageError(`Cannot use "--all" with names: "${names[0]}"`);
  }
  if (all) return await listAll();
  if (names.length > 0) return names;
  throw new UsageError(`Cannot tell which: name a ${what}, or use --all`);
}
