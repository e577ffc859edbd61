/** What this process has parsed: of the same text, the records are the same. */

/** What is known of a file. */
export interface KnownFile<R> {
  readonly text: string;
  /** They are never changed in place. */
  readonly records: readonly R[];
  /** Of their IDs: see `sumOfIds()`. */
  readonly sum: bigint;
}

/** Records by the file that they are of. */
export class RecordCache<R> {
  readonly #files = new Map<string, KnownFile<R>>();

  /** What is known of a file that holds this text; undefined if nothing is. */
  find(path: string, text: string): KnownFile<R> | undefined {
    const known = this.#files.get(path);
    return known?.text === text ? known : undefined;
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
}

// A process works on one store as a rule, and a table has at most two files.
const MAX_FILES = 4;
