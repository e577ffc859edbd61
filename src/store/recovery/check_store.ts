/** Whether a store may be written to, and what to warn of where it may not. */

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
import { findDoubts } from "./find_doubts.ts";
import type { Doubt } from "./find_unnamed.ts";

/** What was locked. */
export interface CheckStoreRequest {
  readonly wanted: WantedLocks;
  readonly held: Partial<ReadTables>;
  /** Spares reading the other tables once more. */
  readonly libc?: Libc | undefined;
}

/**
 * Checks a store before it is written to.
 *
 * @throws {DamagedStoreError} If a table does not parse, or is in doubt.
 */
export function demandSound(
  paths: StorePaths,
  request: CheckStoreRequest,
): void {
  if (request.wanted.storage === "write") checkMountCounts(paths, request);
  const [doubt, ...more] = findAll(paths, request);
  if (doubt === undefined) return;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw new DamagedStoreError(
    `Cannot go on with store "${paths.root}": "${doubt.path}" is in doubt: ` +
      `${doubt.found}${others}; nothing was changed: ${adviseOn(doubt)}`,
    { path: doubt.path },
  );
}

/** Finds what is wrong with a store that is only read. */
export function listFaults(
  paths: StorePaths,
  request: CheckStoreRequest,
): readonly TableFault[] {
  // A second look at the tables says the same of a file.
  const damaged = new Map<string, TableFault>();
  const doubts = findAll(paths, request, {
    onDamage: ({ path, message }) => damaged.set(message, { path, message }),
  });
  return [
    ...damaged.values(),
    ...doubts.slice(0, 1).map((doubt) => ({
      path: doubt.path,
      message: `"${doubt.path}" is in doubt: ${doubt.found}; ${
        adviseOn(doubt)
      }`,
    })),
  ];
}

/** Lists all doubts; a file that does not parse counts as empty. */
export function listDoubts(
  paths: StorePaths,
  request: CheckStoreRequest,
): readonly Doubt[] {
  return findAll(paths, request, { onDamage: () => {} });
}

function findAll(
  paths: StorePaths,
  request: CheckStoreRequest,
  options: Pick<Parameters<typeof viewTables>[2] & object, "onDamage"> = {},
): readonly Doubt[] {
  const settled = settledBy(request);
  const { held, libc } = request;
  const look = () =>
    findDoubts(paths, viewTables(paths, held, { ...options, libc }), {
      settled,
      libc,
    });
  const found = look();
  if (found.length === 0 || held.layers !== undefined) return found;
  // A layer that was made since its records were read has one the second time.
  const again = new Set(look().map(({ unnamed }) => unnamed));
  return found.filter(({ unnamed }) => again.has(unnamed));
}

/**
 * Who makes a layer saves its record first. Who puts an image needs the lock of
 * images, and keeps others from changing layers. Who makes a container needs all.
 */
function settledBy(
  { wanted: { layers, images, containers } }: CheckStoreRequest,
): ReadonlySet<keyof TableViews> {
  const kinds: (keyof TableViews)[] = ["layers"];
  if (images !== undefined || layers === "write") kinds.push("images");
  if (layers ?? images ?? containers) kinds.push("containers");
  return new Set(kinds);
}

function adviseOn({ path, unnamed }: Doubt): string {
  if (unnamed === undefined) {
    return `repair that first, or use a store of its own: --root`;
  }
  const what = isThere(path) ? "restore it" : "it is missing: restore it";
  return `${what} from a backup, or, if nobody needs it, move ` +
    `"${unnamed}" out of the store`;
}
