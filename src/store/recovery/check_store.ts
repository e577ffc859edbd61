/** Whether a store may be written to, and the warning if it may not. */

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
export function requireConsistent(
  paths: StorePaths,
  request: CheckStoreRequest,
): void {
  if (request.wanted.storage === "write") checkMountCounts(paths, request);
  const [inconsistency, ...more] = findAll(paths, request);
  if (inconsistency === undefined) return;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw new DamagedStoreError(
    `Cannot go on with store "${paths.root}": "${inconsistency.path}" is inconsistent: ` +
      `${inconsistency.found}${others}; nothing was changed: ${
        adviseOn(inconsistency)
      }`,
    { path: inconsistency.path },
  );
}

/** Finds what is wrong with a store that is only read. */
export function listFaults(
  paths: StorePaths,
  request: CheckStoreRequest,
): readonly TableFault[] {
  // The tables are read twice: report each file once.
  const damaged = new Map<string, TableFault>();
  const inconsistencies = findAll(paths, request, {
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
): readonly Inconsistency[] {
  return findAll(paths, request, { onDamage: () => {} });
}

function findAll(
  paths: StorePaths,
  request: CheckStoreRequest,
  options: Pick<Parameters<typeof viewTables>[2] & object, "onDamage"> = {},
): readonly Inconsistency[] {
  const stable = stableKinds(request);
  const { held, libc } = request;
  const look = () =>
    findInconsistencies(paths, viewTables(paths, held, { ...options, libc }), {
      stable,
      libc,
    });
  const found = look();
  if (found.length === 0 || held.layers !== undefined) return found;
  // A layer that was made after the records were read has a record the second time.
  const again = new Set(look().map(({ unnamed }) => unnamed));
  return found.filter(({ unnamed }) => again.has(unnamed));
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
  const what = isThere(path) ? "restore it" : "it is missing: restore it";
  return `${what} from a backup, or, if nobody needs it, move ` +
    `"${unnamed}" out of the store`;
}
