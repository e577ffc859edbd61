/** The records of one kind, as use cases see them: on a disk, or in memory. */

import type { StoreRecord } from "../../formats/storage/store_record.ts";
import type { TableView } from "./record_files.ts";

/** Records that are held to be looked at: nobody changes them meanwhile. */
export interface RecordView<R extends StoreRecord>
  extends TableView<R>, Disposable {
  /** Finds a record by its ID; there is none for undefined. */
  get(id: R["id"] | undefined): R | undefined;
  /** Finds a record by name; of two holders the later one has it. */
  getByName(name: string): R | undefined;
  /** Finds the one record whose ID begins so; not for an empty prefix. */
  getByPrefix(prefix: string): R | undefined;
  /** Where a record lies, for messages; `""` if there is no such record. */
  pathOf(id: R["id"]): string;
}

/**
 * Records that are held to be changed. Changes show at once to whoever holds them,
 * and to others when they are saved; those that were not saved are gone when they
 * are released.
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
  /** Writes what changed; `"later"` is for what may be as before after a power cut. */
  save(options?: SaveOptions): void;
}

/** How to save records. */
export interface SaveOptions {
  /**
   * When the directory's change has to be on the disk.
   *
   * @default {"sync"}
   */
  readonly directory?: "later" | "sync";
  /**
   * `"doubted"`: what was there before is not as it was left. It stays in doubt if a
   * kill comes before what replaces it, and is no backup.
   *
   * @default {"known"}
   */
  readonly before?: "doubted" | "known";
}
