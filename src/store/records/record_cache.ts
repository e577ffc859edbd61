/**
 * A cache of parsed records. Files with the same bytes are not parsed again; if the
 * kernel reports that a file did not change, it is not even read again.
 */

import type { StoreRecord } from "../../formats/storage/store_record.ts";
import type { TableBytes } from "../../formats/storage/table_bytes.ts";

/** What is cached of a file. */
export interface KnownFile<R extends StoreRecord> extends KnownRecords<R> {
  /** From `Libc.readVersion()`; undefined if not available. */
  readonly version: string | undefined;
}

/** The records of a file. */
export interface KnownRecords<R extends StoreRecord> {
  /** The file's content. It is written to under the table's write lock only. */
  readonly bytes: TableBytes<R>;
  /**
   * By ID, in the order of the file. Before they are changed, the cache must forget
   * them.
   */
  readonly records: Map<string, R>;
  /** Of their IDs: see `sumOfIds()`. */
  readonly sum: bigint;
  readonly epoch: Epoch;
}

/**
 * A period in which only this process changes a file: it begins when the process
 * reads the file, and ends when another process changes it.
 */
export type Epoch = object;

/** The epoch of missing files. */
export const MISSING: Epoch = {};

/** Records by the path of their file. */
export class RecordCache<R extends StoreRecord> {
  readonly #files = new Map<string, KnownFile<R>>();

  /** What is cached of a file, whatever it holds now. */
  find(path: string): KnownFile<R> | undefined {
    return this.#files.get(path);
  }

  /** Remembers what was read from a file, or written to it. */
  keep(path: string, known: KnownFile<R>): void {
    this.#files.delete(path); // the latest comes last
    this.#files.set(path, known);
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= MAX_FILES) break;
      this.#files.delete(oldest);
    }
  }

  /** Forgets records that are about to change, and may never be saved. */
  forget(path: string): void {
    this.#files.delete(path);
  }
}

// A process works on one store as a rule, and a table has at most two files.
const MAX_FILES = 4;
