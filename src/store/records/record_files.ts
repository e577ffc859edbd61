/**
 * The files of a table of records: how they are read, and whether they are as
 * their last writer left them. orlop tells that in the last writer's token: the
 * bytes that other tools fill by chance say which records the files had before
 * and after the change. A token of this kind beside files that fit neither means
 * that somebody changed, emptied, restored or lost them without a lock.
 */

import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { DamagedStoreError } from "../../errors/store_errors.ts";
import { errnoOf, whyOf } from "../../errors/why.ts";
import type { StoreRecord } from "../../formats/storage/store_record.ts";
import { isErrno } from "../../fs/errno.ts";
import { markOf } from "./lock.ts";
import type { RecordCache } from "./record_cache.ts";

/** Where the records of one kind lie. */
export interface TableFiles<R extends StoreRecord> {
  readonly directory: string;
  /** The lock file beside them. */
  readonly lockName: string;
  /** File names; the first takes new records. */
  readonly files: readonly [string, ...string[]];
  parse(text: string): R[];
  /** What to do about one that is damaged; left out, a backup helps. */
  readonly advice?: string | undefined;
  /** Whether a save keeps what was there before, beside it; left out, it does not. */
  readonly backups?: "keep" | undefined;
  /** Spares parsing what this process knows; left out, all is parsed. */
  readonly cache?: RecordCache<R>;
  /** Told of a file that cannot be read, which then counts as empty. */
  readonly onDamage?: ((error: DamagedStoreError) => void) | undefined;
}

/** Where the records are that were replaced last; other tools ignore it. */
export function backupOf(path: string): string {
  return `${path}.orlop-backup`;
}

/** The records of one file. */
export interface LoadedFile<R> {
  readonly path: string;
  /** By ID, in the order of the file. */
  readonly records: Map<string, R>;
  isChanged: boolean;
}

/**
 * Who wrote the files last: `"own"`, orlop, and they have the records that it
 * left; `"changed"`, orlop, and they have others; `"other"`, another tool, or an
 * older orlop; `"none"`, nobody yet.
 */
export type Origin = "own" | "changed" | "other" | "none";

/** Records that are only looked at. */
export interface TableView<R extends StoreRecord> {
  /** All records, in the order of the files. */
  readonly records: readonly R[];
  /** Finds a record by a text that may be a full ID. */
  lookUp(text: string): R | undefined;
  /** Whether they can be relied on. */
  readonly origin: Origin;
}

/**
 * Loads records.
 *
 * @throws {DamagedStoreError} If a file does not parse, and nobody is told.
 */
export function loadFiles<R extends StoreRecord>(
  { directory, files, ...how }: TableFiles<R>,
): readonly LoadedFile<R>[] {
  return files.map((name) => {
    const path = join(directory, name);
    const records = load(path, how).map((record) =>
      [record.id, record] as const
    );
    return { path, records: new Map(records), isChanged: false };
  });
}

/** Of two records of one ID the first counts, as for everybody. */
export function mergeFirst<R>(
  files: readonly LoadedFile<R>[],
): ReadonlyMap<string, R> {
  const merged = new Map<string, R>();
  for (const { records } of files) {
    for (const [id, record] of records) {
      if (!merged.has(id)) merged.set(id, record);
    }
  }
  return merged;
}

/** Reads a table that is not locked: others replace its files as a whole. */
export function peekTable<R extends StoreRecord>(
  description: TableFiles<R>,
): TableView<R> {
  const files = loadFiles(description);
  const { directory, lockName } = description;
  const token = readIfThere(join(directory, lockName))?.toString("hex") ?? "";
  const records = mergeFirst(files);
  return {
    records: [...records.values()],
    lookUp: (text) => records.get(text),
    origin: originOf(files, token, digestOfFiles(files)),
  };
}

const MAGIC = Buffer.from("orlp");
const DIGEST_BYTES = 20;

/** Which records files have; it does not tell what these say. */
export function digestOfFiles(
  files: readonly LoadedFile<unknown>[],
): Uint8Array {
  const hash = createHash("sha256");
  for (const { records } of files) {
    hash.update([...records.keys()].join("\n"));
    hash.update("\0");
  }
  return hash.digest().subarray(0, DIGEST_BYTES);
}

/** What a token says of a change. */
export function markChange(before: Uint8Array, after: Uint8Array): Uint8Array {
  return Buffer.concat([MAGIC, before, after]);
}

/** Compares files, and their digest, with the last writer's token, in hex. */
export function originOf(
  files: readonly LoadedFile<unknown>[],
  token: string,
  digest: Uint8Array,
): Origin {
  if (token === "") {
    return files.every(({ records }) => records.size === 0) ? "none" : "other";
  }
  const mark = Buffer.from(markOf(token));
  if (!mark.subarray(0, MAGIC.length).equals(MAGIC)) return "other";
  const offsets = [MAGIC.length, MAGIC.length + DIGEST_BYTES];
  // The one before, too: a token is written first, and then comes a kill.
  const isKnown = offsets.some((offset) =>
    mark.subarray(offset, offset + DIGEST_BYTES).equals(digest)
  );
  return isKnown ? "own" : "changed";
}

// Something else is in its place, or its disk is broken.
const DAMAGE = ["EISDIR", "ELOOP", "ENOTDIR", "EIO"];

function load<R extends StoreRecord>(
  path: string,
  { parse, cache, onDamage, advice = "restore the file from a backup" }: Pick<
    TableFiles<R>,
    "parse" | "cache" | "onDamage" | "advice"
  >,
): readonly R[] {
  try {
    const bytes = readIfThere(path);
    if (bytes === undefined) return [];
    const known = cache?.find(path, bytes);
    if (known !== undefined) return known;
    const records = parse(bytes.toString("utf8"));
    cache?.keep(path, bytes, records);
    return records;
  } catch (cause) {
    if (errnoOf(cause) !== "" && !isErrno(cause, ...DAMAGE)) throw cause;
    const error = new DamagedStoreError(
      `Cannot read "${path}": ${whyOf(cause)}; nothing was changed: ${advice}`,
      { path, cause },
    );
    if (onDamage === undefined) throw error;
    onDamage(error);
    return [];
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
