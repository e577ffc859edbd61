/** Records of one kind, loaded and held under their lock. */

import type { StoreRecord } from "../../formats/storage/store_record.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import type { Libc } from "../../process/libc.ts";
import { findByName, findByPrefix } from "./find_record.ts";
import { numberOf } from "./fingerprint.ts";
import type { HeldLock } from "./lock.ts";
import type { Records, SaveOptions } from "./records.ts";
import { type Epoch, MISSING, type RecordCache } from "./record_cache.ts";
import {
  backupOf,
  digestOfFiles,
  type LoadedFile,
  loadFiles,
  markChange,
  mergeFirst,
  type Origin,
  originOf,
  type TableFiles,
  versionOf,
} from "./record_files.ts";

/**
 * How to save what is good to know and nothing relies on, such as when an image
 * was last used: whole, but perhaps not the latest after a power cut.
 */
export const HINT = { directory: "later" } as const;

/**
 * The records under a held lock. Disposing releases the lock; changes that
 * were not saved are gone.
 */
export class RecordTable<R extends StoreRecord> implements Records<R> {
  /** What keeps others from changing them. */
  readonly lock: HeldLock;
  /** Whether the records were as their last writer had left them. */
  readonly origin: Origin;
  readonly #files: readonly LoadedFile<R>[];
  readonly #cache: RecordCache<R> | undefined;
  readonly #libc: Libc | undefined;
  readonly #keepsBackups: boolean;
  #saved: Uint8Array;
  // Whether the last token is orlop's and matches these records.
  #hasOwnToken: boolean;
  #token: string;
  #all: readonly R[] | undefined;

  /** Loads the records. @throws {DamagedStoreError} If they are damaged. */
  constructor(lock: HeldLock, description: TableFiles<R>) {
    this.lock = lock;
    this.#token = lock.readToken();
    this.#files = loadFiles(description, this.#token);
    this.#cache = description.cache;
    this.#libc = description.libc;
    this.#keepsBackups = description.backups === "keep";
    this.#saved = digestOfFiles(this.#files);
    this.origin = originOf(this.#files, this.#token, this.#saved);
    this.#hasOwnToken = this.origin === "own";
  }

  /** Of each file. */
  get epochs(): readonly Epoch[] {
    return this.#files.map(({ epoch }) => epoch);
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
    return findByName(this.records, name);
  }

  /** Finds the one record whose ID begins so; not for an empty prefix. */
  getByPrefix(prefix: string): R | undefined {
    return findByPrefix(this.records, prefix);
  }

  /** The file that holds a record; `""` if there is no such record. */
  pathOf(id: R["id"]): string {
    return this.#fileOf(id)?.path ?? "";
  }

  /** Appends a record. */
  add(record: R): void {
    this.#change(this.#files[0], (file) => {
      if (!file.records.has(record.id)) file.sum += numberOf(record.id);
      file.records.set(record.id, record);
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
      if (!file.records.has(id)) continue;
      this.#change(file, () => {
        file.records.delete(id);
        file.sum -= numberOf(id);
      });
    }
  }

  /**
   * Writes what changed. The token is written before the file is replaced, so that
   * no other process misses the change.
   *
   * @param options `"later"` if a power cut may undo the change; `"untrusted"` if
   *   the replaced files are inconsistent.
   */
  save({ before = "trusted", directory = "sync" }: SaveOptions = {}): void {
    const changed = this.#files.filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    const digest = digestOfFiles(this.#files);
    const isTrusted = before === "trusted";
    const writeToken = () => {
      const mark = markChange(isTrusted ? this.#saved : digest, digest);
      const disk = this.#needsSyncedToken(digest, { before })
        ? "sync"
        : "later";
      this.#token = this.lock.writeToken(mark, { disk });
    };
    for (const [index, file] of changed.entries()) {
      const bytes = file.bytes.write([...file.records.values()]);
      writeAtomically(file.path, bytes, {
        directory,
        // What is mounted is not mounted after a reboot.
        data: this.#keepsBackups ? "sync" : "later",
        backup: this.#keepsBackups && isTrusted
          ? backupOf(file.path)
          : undefined,
        ...index === 0 && { beforeRename: writeToken },
      });
      if (file.epoch === MISSING) file.epoch = {};
      this.#keep(file);
      file.isChanged = false;
    }
    for (const file of this.#files) {
      if (!changed.includes(file)) this.#keepAsItIs(file);
    }
    this.#saved = digest;
    this.#hasOwnToken = true;
  }

  /**
   * Whether the token on the disk may not match such records: after a power cut they
   * would seem to be changed by somebody else, and what was just removed to be lost.
   */
  #needsSyncedToken(
    digest: Uint8Array,
    { before }: Pick<SaveOptions, "before">,
  ): boolean {
    if (!this.#keepsBackups) return false; // a reboot empties it
    return before === "untrusted" || !this.#hasOwnToken ||
      digest.toHex() !== this.#saved.toHex();
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.lock[Symbol.dispose]();
  }

  #keep({ path, bytes, records, sum, epoch }: LoadedFile<R>): void {
    const version = versionOf(path, { libc: this.#libc, token: this.#token });
    this.#cache?.keep(path, { bytes, records, sum, epoch, version });
  }

  /** If the token is this process's own, nothing has to be read. */
  #keepAsItIs({ path }: LoadedFile<R>): void {
    const known = this.#cache?.find(path);
    if (known?.version === undefined) return;
    const version = versionOf(path, { libc: this.#libc, token: this.#token });
    const [, before] = known.version.split(" ");
    if (version === undefined || version.split(" ")[1] !== before) return;
    this.#cache?.keep(path, { ...known, version });
  }

  #fileOf(id: string): LoadedFile<R> | undefined {
    return this.#files.find(({ records }) => records.has(id));
  }

  #change(
    file: LoadedFile<R> | undefined,
    change: (file: LoadedFile<R>) => void,
  ): void {
    if (file === undefined) return;
    this.#cache?.forget(file.path);
    change(file);
    file.isChanged = true;
    this.#all = undefined;
  }
}
