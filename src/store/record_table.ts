/** Records of one kind, loaded and held under their lock. */

import { readFileSync } from "node:fs";
import { join } from "@std/path";
import { UnsupportedStoreError } from "../errors.ts";
import { formatRecords, type StoreRecord } from "../formats/store_record.ts";
import { isErrno } from "../fs/errno.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import type { HeldLock } from "./lock.ts";
import { whyOf } from "../why.ts";

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
  /** By ID, in the order of the file. */
  readonly records: Map<string, R>;
  isChanged: boolean;
}

/**
 * The records under a held lock. Disposing releases the lock; changes that
 * were not saved are gone.
 *
 * @example
 * ```ts
 * import { type ImageRecord, openAgent, type RecordTable } from "orlop";
 * const root = await Deno.makeTempDir();
 * const { store } = openAgent({ root, runRoot: `${root}/run` });
 * using held = await store.lock({ images: "read" });
 * const images: RecordTable<ImageRecord> = held.images;
 * console.log(images.getByName("docker.io/library/busybox:latest")?.id);
 * ```
 */
export class RecordTable<R extends StoreRecord> implements Disposable {
  /** What keeps others from changing them. */
  readonly lock: HeldLock;
  readonly #files: readonly LoadedFile<R>[];
  #all: readonly R[] | undefined;

  /** Loads the records. @throws {UnsupportedStoreError} If they are damaged. */
  constructor(lock: HeldLock, { directory, files, parse }: TableFiles<R>) {
    this.lock = lock;
    this.#files = files.map((name) => {
      const path = join(directory, name);
      const records = load(path, parse).map((record) =>
        [record.id, record] as const
      );
      return { path, records: new Map(records), isChanged: false };
    });
  }

  /** All records, in the order of the files; later changes do not show. */
  get records(): readonly R[] {
    return this.#all ??= [...mergeFirst(this.#files).values()];
  }

  /** Finds a record by its ID; there is none for undefined. */
  get(id: R["id"] | undefined): R | undefined {
    return id === undefined ? undefined : this.lookUp(id);
  }

  /** Finds a record by a text that may be a full ID, of whatever kind. */
  lookUp(text: string): R | undefined {
    return this.#fileOf(text)?.records.get(text);
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

  /** The file that holds a record; `""` if there is no such record. */
  pathOf(id: R["id"]): string {
    return this.#fileOf(id)?.path ?? "";
  }

  /** Appends a record. */
  add(record: R): void {
    this.#change(this.#files[0], ({ records }) => {
      records.set(record.id, record);
    });
  }

  /** Replaces a record by a changed one of the same ID. */
  update(record: R): void {
    this.#change(this.#fileOf(record.id), ({ records }) => {
      records.set(record.id, record);
    });
  }

  /** Drops a record; it may be gone already. */
  remove(id: R["id"]): void {
    for (const file of this.#files) {
      if (file.records.delete(id)) this.#change(file, () => {});
    }
  }

  /** Writes what changed: the token first, so that nobody misses it. */
  save(): void {
    const changed = this.#files.filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    this.lock.writeToken();
    for (const file of changed) {
      writeAtomically(file.path, formatRecords([...file.records.values()]));
      file.isChanged = false;
    }
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.lock[Symbol.dispose]();
  }

  #fileOf(id: string): LoadedFile<R> | undefined {
    return this.#files.find(({ records }) => records.has(id));
  }

  #change(
    file: LoadedFile<R> | undefined,
    change: (file: LoadedFile<R>) => void,
  ): void {
    if (file === undefined) return;
    change(file);
    file.isChanged = true;
    this.#all = undefined;
  }
}

/** Of two records of one ID the first counts, as for everybody. */
function mergeFirst<R>(files: readonly LoadedFile<R>[]): Map<string, R> {
  const merged = new Map<string, R>();
  for (const { records } of files) {
    for (const [id, record] of records) {
      if (!merged.has(id)) merged.set(id, record);
    }
  }
  return merged;
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
    const why = whyOf(error);
    throw new UnsupportedStoreError(
      `Cannot read "${path}": ${why}; restore it from a backup`,
      { cause: error },
    );
  }
}
