/**
 * Restores tables of records that are damaged or have lost records: from their
 * backups, as far as the disk confirms them, and from the files on disk and the
 * other tables. A table that would still be inconsistent is left as it is.
 */

import { dirname } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { StoreRecord } from "../../formats/storage/store_record.ts";
import { isDirectoryThere, isNameThere } from "../../fs/if_there.ts";
import { syncDirectory } from "../../fs/sync.ts";
import type { StorePaths } from "../../store/paths.ts";
import type { TableView } from "../../store/records/record_files.ts";
import type { Records, RecordView } from "../../store/records/records.ts";
import { WRITE_LOCKS } from "../../store/records/tables.ts";
import { tablePath } from "../../store/records/table_files.ts";
import { listInconsistencies } from "../../store/recovery/check_store.ts";
import { findInconsistencies } from "../../store/recovery/find_inconsistencies.ts";
import type { Inconsistency } from "../../store/recovery/find_unnamed.ts";
import type { HeldStore } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import {
  type Additions,
  findLostRecords,
  type Kind,
  listAll,
  type LostRecords,
} from "./find_lost_records.ts";

/** The actual or planned result of restoring a table. */
export interface RestoredTable {
  /** The file; absolute. */
  readonly path: string;
  /** IDs of the records that are restored from its backup. */
  readonly fromBackup: readonly string[];
  /** IDs of the records that are rebuilt. */
  readonly fromDisk: readonly string[];
  /** The inconsistency that would remain; then the table is left as it is. */
  readonly inconsistency: string | undefined;
  /** Where the damaged file is now; undefined if there was none, or it stays. */
  readonly kept: string | undefined;
}

/** How to restore tables. */
export interface RestoreOptions extends Abortable {
  /** `"plan"` only tells. */
  readonly action: "plan" | "repair";
}

type Held = HeldStore<typeof WRITE_LOCKS>;

/** In the order of their dependencies. */
const KINDS: readonly Kind[] = ["images", "containers", "layers"];

/** Restores those that need it. */
export async function restoreTables(
  { store, log }: Agent,
  { action, signal }: RestoreOptions,
): Promise<readonly RestoredTable[]> {
  const { paths } = store;
  const options = { signal, purpose: "examine" } as const;
  using held = await store.lock(WRITE_LOCKS, options);
  const broken = await findBroken(paths, held);
  const found = findLostRecords(paths, held, broken);
  const inconsistencies = inconsistenciesOf(paths, held, found);
  return broken.map((kind) => {
    const path = tablePath(paths, kind);
    const inconsistency = inconsistencies.find((inconsistency) =>
      inconsistency.path === path
    )?.found;
    const kept = action === "repair" && inconsistency === undefined
      ? keepAside(path, found[kind])
      : undefined;
    if (action === "repair" && inconsistency === undefined) {
      put(held, kind, found);
      log("info", `restored "${path}"`);
    }
    const { fromBackup, fromDisk } = found[kind];
    return {
      path,
      fromBackup: fromBackup.map(({ id }) => id),
      fromDisk: fromDisk.map(({ id }) => id),
      inconsistency,
      kept,
    };
  });
}

async function findBroken(
  paths: StorePaths,
  held: Held,
): Promise<readonly Kind[]> {
  const inconsistencies = await listInconsistencies(paths, {
    wanted: WRITE_LOCKS,
    held,
  });
  return KINDS.filter((kind) => {
    const path = tablePath(paths, kind);
    return inconsistencies.some((inconsistency) =>
      inconsistency.path === path
    ) ||
      held.faults.some((fault) => fault.path === path);
  });
}

/**
 * The inconsistencies that would remain with these records, each directory
 * compared.
 */
function inconsistenciesOf(
  paths: StorePaths,
  { layers, images, containers }: Held,
  found: LostRecords,
): readonly Inconsistency[] {
  return findInconsistencies(paths, {
    layers: view(layers, found.layers),
    images: view(images, found.images),
    containers: view(containers, found.containers),
  }, { stable: new Set(KINDS) });
}

function view<R extends StoreRecord>(
  table: RecordView<R>,
  additions: Additions<R>,
): TableView<R> {
  const records = listAll(table.records, additions);
  const byId = new Map<string, R>(records.map((r) => [r.id, r]));
  return { records, lookUp: (text) => byId.get(text), origin: "changed" };
}

function put(held: Held, kind: Kind, found: LostRecords): void {
  switch (kind) {
    case "layers":
      return putAll(held.layers, found.layers);
    case "images":
      return putAll(held.images, found.images);
    case "containers":
      return putAll(held.containers, found.containers);
  }
}

function putAll<R extends StoreRecord>(
  table: Records<R>,
  { fromBackup, fromDisk }: Additions<R>,
): void {
  for (const record of [...fromBackup, ...fromDisk]) {
    if (table.get(record.id) === undefined) table.add(record);
    else table.update(record);
  }
  table.save({ before: "untrusted" });
}

/**
 * Keeps a copy of the damaged file. It also stays in its place until the new one
 * replaces it: otherwise a kill or a full disk in between would leave a store that
 * seems to have no records.
 */
function keepAside(
  path: string,
  { fromBackup, fromDisk }: Additions<StoreRecord>,
): string | undefined {
  if (!isNameThere(path)) {
    return undefined;
  }
  const time = new Date().toISOString().replaceAll(":", "");
  const kept = `${path}.damaged-${time}`;
  const isReplaced = fromBackup.length + fromDisk.length > 0;
  // A directory cannot be linked, nor replaced by a file.
  if (isReplaced && !isDirectoryThere(path)) Deno.linkSync(path, kept);
  else Deno.renameSync(path, kept);
  syncDirectory(dirname(path));
  return kept;
}
