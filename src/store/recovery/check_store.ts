/** Whether a store may be written to, and the warning if it may not. */

import { dirname } from "@std/path";
import { DamagedStoreError } from "../../errors/store_errors.ts";
import { isThere } from "../../fs/if_there.ts";
import type { Libc } from "../../process/libc.ts";
import type { StorePaths } from "../paths.ts";
import type { TableFault } from "../records/record_files.ts";
import {
  checkMountCounts,
  type ReadTables,
  type TableViews,
  viewTables,
  type WantedLocks,
} from "../records/tables.ts";
import { findInconsistencies } from "./find_inconsistencies.ts";
import type { Inconsistency } from "./find_unnamed.ts";

/** What was locked. */
export interface CheckStoreRequest {
  readonly wanted: WantedLocks;
  readonly held: Partial<ReadTables>;
  /** Avoids reading the other tables again. */
  readonly libc?: Libc | undefined;
}

/**
 * Checks a store before it is written to.
 *
 * @throws {DamagedStoreError} If a table does not parse, or is inconsistent.
 */
export async function requireConsistent(
  paths: StorePaths,
  request: CheckStoreRequest,
): Promise<void> {
  if (request.wanted.storage === "write") checkMountCounts(paths, request);
  const [inconsistency, ...more] = await findAll(paths, request);
  if (inconsistency === undefined) return;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw new DamagedStoreError(
    `Cannot use store "${paths.root}": "${inconsistency.path}" is inconsistent: ` +
      `${inconsistency.found}${others}; nothing was changed: ${
        adviseOn(inconsistency)
      }`,
    { path: inconsistency.path },
  );
}

/** Finds what is wrong with a store that is only read. */
export async function listFaults(
  paths: StorePaths,
  request: CheckStoreRequest,
): Promise<readonly TableFault[]> {
  // The tables are read twice: report each file once.
  const damaged = new Map<string, TableFault>();
  const inconsistencies = await findAll(paths, request, {
    onDamage: ({ path, message }) => damaged.set(message, { path, message }),
  });
  return [
    ...damaged.values(),
    ...inconsistencies.slice(0, 1).map((inconsistency) => ({
      path: inconsistency.path,
      message:
        `"${inconsistency.path}" is inconsistent: ${inconsistency.found}; ${
          adviseOn(inconsistency)
        }`,
    })),
  ];
}

/** Lists all inconsistencies; a file that does not parse counts as empty. */
export function listInconsistencies(
  paths: StorePaths,
  request: CheckStoreRequest,
): Promise<readonly Inconsistency[]> {
  return findAll(paths, request, { onDamage: () => {} });
}

async function findAll(
  paths: StorePaths,
  request: CheckStoreRequest,
  options: Pick<Parameters<typeof viewTables>[2] & object, "onDamage"> = {},
): Promise<readonly Inconsistency[]> {
  const stable = stableKinds(request);
  const { held, libc } = request;
  const view = () => viewTables(paths, held, { ...options, libc });
  const look = () => findInconsistencies(paths, view(), { stable, libc });
  const found = look();
  if (found.length === 0) return found;
  // A layer that was made after the records were read has a record the second time.
  const again = held.layers === undefined
    ? new Set(look().map(({ unnamed }) => unnamed))
    : undefined;
  const { isRemainder } = await import("./remainders.ts"); // it computes digests
  const tables = view();
  return found.filter(({ unnamed }) =>
    again?.has(unnamed) !== false &&
    !(unnamed !== undefined && dirname(unnamed) === paths.images &&
      isRemainder(tables, unnamed))
  );
}

/**
 * The kinds whose directories cannot change while these locks are held. Making a
 * layer saves its record first. Adding an image needs the lock of images, and keeps
 * others from changing layers. Making a container needs all locks.
 */
function stableKinds(
  { wanted: { layers, images, containers } }: CheckStoreRequest,
): ReadonlySet<keyof TableViews> {
  const kinds: (keyof TableViews)[] = ["layers"];
  if (images !== undefined || layers === "write") kinds.push("images");
  if (layers ?? images ?? containers) kinds.push("containers");
  return new Set(kinds);
}

function adviseOn({ path, unnamed }: Inconsistency): string {
  if (unnamed === undefined) {
    return `repair that first, or use a store of its own: --root`;
  }
  const what = isThere(path) ? "" : "the file is missing; ";
  return `${what}run orlop check --repair, which restores the record from a ` +
    "backup or from the files. If another tool was removing this when it was " +
    "killed, or the power was cut, remove it again then; or, if it is not " +
    `needed, move "${unnamed}" out of the store`;
}
