/** The records of one kind, as use cases see them: on a disk, or in memory. */

import type { StoreRecord } from "../../formats/storage/store_record.ts";
import type { TableView } from "./record_files.ts";

/** Records that are locked for reading: no other process changes them. */
export interface RecordView<R extends StoreRecord>
  extends TableView<R>, Disposable {
  /** Finds a record by its ID; there is none for undefined. */
  get(id: R["id"] | undefined): R | undefined;
  /** Finds a record by name; if two have it, the later one. */
  getByName(name: string): R | undefined;
  /** Finds the one record whose ID begins so; not for an empty prefix. */
  getByPrefix(prefix: string): R | undefined;
  /** Where a record lies, for messages; `""` if there is no such record. */
  pathOf(id: R["id"]): string;
}

/**
 * Records that are locked for writing. The holder sees changes at once, others when
 * they are saved; unsaved changes are lost when the lock is released.
 *
 * @see `tests/contracts/records_suite.ts` for all that it promises.
 */
export interface Records<R extends StoreRecord> extends RecordView<R> {
  /** Appends a record. */
  add(record: R): void;
  /** Replaces a record by a changed one of the same ID; it keeps its place. */
  update(record: R): void;
  /** Drops a record; it may be gone already. */
  remove(id: R["id"]): void;
  /** Writes what changed. */
  save(options?: SaveOptions): void;
}

/** How to save records. */
export interface SaveOptions {
  /**
   * When the directory has to be synced: `"later"` if a power cut may undo the
   * change.
   *
   * @default {"sync"}
   */
  readonly directory?: "later" | "sync";
  /**
   * `"untrusted"`: the files to be replaced are inconsistent. They are not kept as
   * a backup, and stay marked as changed if the process is killed before they are
   * replaced.
   *
   * @default {"trusted"}
   */
  readonly before?: "trusted" | "untrusted";
}
