/** Records of one kind, loaded and held under their lock. */

import { readFileSync } from "node:fs";
import { join } from "@std/path";
import { UnsupportedStoreError } from "../errors.ts";
import { formatRecords, type StoreRecord } from "../formats/store_record.ts";
import { isErrno } from "../fs/errno.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import type { HeldLock } from "./lock.ts";

/** Where the records of one kind lie. */
export interface TableFiles<R extends StoreRecord> {
  readonly directory: string;
  /** The lock file beside them. */
  readonly lockName: string;
  /** File names; the first takes new records. */
  readonly files: readonly [string, ...string[]];
  parse(text: string): R[];
}

interface LoadedFile<R> {
  readonly path: string;
  records: R[];
  isChanged: boolean;
}

/**
 * The records under a held lock. Disposing releases the lock; changes that
 * were not saved are gone.
 */
export class RecordTable<R extends StoreRecord> implements Disposable {
  readonly lock: HeldLock;
  readonly #files: readonly LoadedFile<R>[];

  /** Loads the records. @throws {UnsupportedStoreError} If they are damaged. */
  constructor(lock: HeldLock, { directory, files, parse }: TableFiles<R>) {
    this.lock = lock;
    this.#files = files.map((name) => {
      const path = join(directory, name);
      return { path, records: load(path, parse), isChanged: false };
    });
  }

  /** All records, in the order of the files. */
  get records(): readonly R[] {
    const seen = new Set<string>();
    return this.#files.flatMap((file) => file.records).filter(({ id }) =>
      // A second record of the same ID is ignored, as everybody does.
      seen.has(id) ? false : seen.add(id)
    );
  }

  /** Finds a record by its full ID. */
  get(id: string): R | undefined {
    for (const { records } of this.#files) {
      const found = records.find((record) => record.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Finds a record by name; of two holders the later one has it. */
  getByName(name: string): R | undefined {
    return this.records.findLast(({ names }) => names?.includes(name) === true);
  }

  /** Finds the one record whose ID begins so; not for an empty prefix. */
  getByPrefix(prefix: string): R | undefined {
    if (prefix === "") return undefined;
    const found = this.records.filter(({ id }) => id.startsWith(prefix));
    return found.length === 1 ? found[0] : undefined;
  }

  /** Appends a record. */
  add(record: R): void {
    const [first] = this.#files;
    if (first === undefined) return;
    first.records = [...first.records, record];
    first.isChanged = true;
  }

  /** Replaces a record by a changed one of the same ID. */
  update(record: R): void {
    this.#change(
      record.id,
      (records) => records.map((old) => old.id === record.id ? record : old),
    );
  }

  /** Drops a record; it may be gone already. */
  remove(id: string): void {
    this.#change(id, (records) => records.filter((old) => old.id !== id));
  }

  /** Writes what changed: the token first, so that nobody misses it. */
  save(): void {
    const changed = this.#files.filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    this.lock.writeToken();
    for (const file of changed) {
      writeAtomically(file.path, formatRecords(file.records));
      file.isChanged = false;
    }
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.lock[Symbol.dispose]();
  }

  #change(id: string, change: (records: R[]) => R[]): void {
    for (const file of this.#files) {
      if (!file.records.some((record) => record.id === id)) continue;
      file.records = change(file.records);
      file.isChanged = true;
    }
  }
}

function load<R>(path: string, parse: (text: string) => R[]): R[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
  try {
    return parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnsupportedStoreError(
      `Cannot read "${path}": ${why}; restore it from a backup`,
      { cause: error },
    );
  }
}
