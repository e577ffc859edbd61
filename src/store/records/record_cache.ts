/**
 * What this process has parsed: of the same bytes, the records are the same. Where
 * the kernel tells which bytes a file has, they are not even read again.
 */

/** What is known of a file. */
export interface KnownFile<R> extends KnownRecords<R> {
  /** From `Libc.readVersion()`; undefined where nobody tells. */
  readonly version: string | undefined;
  /** Its text, where there is no version. */
  readonly text: string | undefined;
}

/** The records of a file. */
export interface KnownRecords<R> {
  /** By ID, in the order of the file. Who changes them makes the cache forget. */
  readonly records: Map<string, R>;
  /** Of their IDs: see `sumOfIds()`. */
  readonly sum: bigint;
  readonly lineage: Lineage;
}

/**
 * What records have in common that this process has read once, and that nobody but
 * this process has changed since.
 */
export type Lineage = object;

/** Of files that are not there. */
export const MISSING: Lineage = {};

/** Records by the file that they are of. */
export class RecordCache<R> {
  readonly #files = new Map<string, KnownFile<R>>();

  /** What is known of a file, whatever it holds now. */
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
