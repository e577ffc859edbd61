/**
 * The files of a table of records: how they are read, and whether they are as their
 * last writer left them. orlop records that in the last writer's token: the bytes
 * that other tools fill at random hold fingerprints of the files before and after
 * the change. If the files match neither fingerprint, they were changed, emptied,
 * restored or lost without a lock.
 */

import { join } from "@std/path";
import { DamagedStoreError } from "../../errors/store_errors.ts";
import { errnoOf, whyOf } from "../../errors/why.ts";
import type { StoreRecord } from "../../formats/storage/store_record.ts";
import { TableBytes } from "../../formats/storage/table_bytes.ts";
import { type Bytes, concatBytes, toBytes } from "../../formats/bytes.ts";
import { isErrno } from "../../fs/errno.ts";
import { isNameThere, readIfThere } from "../../fs/if_there.ts";
import type { Libc } from "../../process/libc.ts";
import { fingerprintOf, numberOf, sumOfIds } from "./fingerprint.ts";
import { markOf } from "./lock.ts";
import { findWrongKind } from "./lock_faults.ts";
import {
  type Epoch,
  type KnownRecords,
  MISSING,
  type RecordCache,
} from "./record_cache.ts";

/** Where the records of one kind lie. */
export interface TableFiles<R extends StoreRecord> {
  readonly directory: string;
  /** The lock file beside them. */
  readonly lockName: string;
  /** File names; the first takes new records. */
  readonly files: readonly [string, ...string[]];
  parse(text: string): R[];
  /** How to repair a damaged file; if omitted, from a backup. */
  readonly advice?: string | undefined;
  /** Whether a save keeps the previous file as a backup; the default is no. */
  readonly backups?: "keep" | undefined;
  /** Avoids parsing unchanged files; if omitted, all are parsed. */
  readonly cache?: RecordCache<R>;
  /** Avoids reading unchanged files, too. */
  readonly libc?: Libc | undefined;
  /** Called for a file that cannot be read, which then counts as empty. */
  readonly onDamage?: ((error: DamagedStoreError) => void) | undefined;
}

/** The backup of a file: its previous records; other tools ignore it. */
export function backupOf(path: string): string {
  return `${path}.orlop-backup`;
}

/** What is wrong with a file of records, or with its lock file. */
export interface TableFault {
  /** The file; absolute. */
  readonly path: string;
  /** A sentence that names it. */
  readonly message: string;
}

/** The records of one file. */
export interface LoadedFile<R extends StoreRecord> {
  readonly path: string;
  /** Its content when it was read, or written. */
  readonly bytes: TableBytes<R>;
  /** By ID, in the order of the file. */
  readonly records: Map<string, R>;
  /** Of their IDs: see `sumOfIds()`. */
  sum: bigint;
  epoch: Epoch;
  isChanged: boolean;
}

/**
 * Who wrote the files last: `"own"`: orlop, and the records are as it left them;
 * `"changed"`: orlop, but the records are different; `"other"`: another tool, or an
 * older orlop; `"none"`: nobody yet.
 */
export type Origin = "own" | "changed" | "other" | "none";

/** Records that are only looked at. */
export interface TableView<R extends StoreRecord> {
  /** All records, in the order of the files; later changes do not show. */
  readonly records: readonly R[];
  /** Finds a record by a text that may be a full ID, of whatever kind. */
  lookUp(text: string): R | undefined;
  /** Whether they can be relied on. */
  readonly origin: Origin;
  /** Of each file; undefined without a cache. */
  readonly epochs?: readonly Epoch[] | undefined;
}

/**
 * Loads records.
 *
 * @param token The last writer's, which was read before.
 * @throws {DamagedStoreError} If a file does not parse, and there is no `onDamage`.
 */
export function loadFiles<R extends StoreRecord>(
  { directory, files, ...how }: TableFiles<R>,
  token: string,
): readonly LoadedFile<R>[] {
  return files.map((name) => {
    const path = join(directory, name);
    const { bytes, records, sum, epoch } = load(path, { ...how, token });
    return { path, bytes, records, sum, epoch, isChanged: false };
  });
}

/** Of two records with one ID the first counts, as in containers/storage. */
export function mergeFirst<R extends StoreRecord>(
  files: readonly LoadedFile<R>[],
): ReadonlyMap<string, R> {
  const filled = files.filter(({ records }) => records.size > 0);
  const [only] = filled;
  if (only !== undefined && filled.length === 1) return only.records;
  const merged = new Map<string, R>();
  for (const { records } of files) {
    for (const [id, record] of records) {
      if (!merged.has(id)) merged.set(id, record);
    }
  }
  return merged;
}

/**
 * Reads a table without a lock: files are replaced atomically. The view changes
 * when this process saves records.
 */
export function peekTable<R extends StoreRecord>(
  description: TableFiles<R>,
): TableView<R> {
  const { directory, lockName } = description;
  const lock = join(directory, lockName);
  const readToken = () => readTokenOf(lock, description);
  const files = loadFiles(description, readToken());
  const token = readToken();
  const records = mergeFirst(files);
  return {
    records: [...records.values()],
    lookUp: (text) => records.get(text),
    origin: originOf(files, token, digestOfFiles(files)),
    epochs: files.map(({ epoch }) => epoch),
  };
}

/** Reads the last writer's token, in hex; empty if there is none. */
function readTokenOf(
  path: string,
  { onDamage }: Pick<TableFiles<StoreRecord>, "onDamage">,
): string {
  try {
    return readIfThere(path)?.toHex() ?? "";
  } catch (cause) {
    const wrong = findWrongKind(path);
    if (wrong === undefined || onDamage === undefined) throw wrong ?? cause;
    onDamage(wrong);
    return "";
  }
}

// Tokens of earlier versions have "orlp" here, and another kind of fingerprint.
const MAGIC = toBytes("orl2");

/** A digest of the IDs in the files, not of their other members. */
export function digestOfFiles(
  files: readonly LoadedFile<StoreRecord>[],
): Uint8Array {
  return fingerprintOf(files.map(({ sum }) => sum));
}

/** Encodes a change for the token. */
export function markChange(before: Uint8Array, after: Uint8Array): Uint8Array {
  return concatBytes([MAGIC, before, after]);
}

/** Compares files, and their digest, with the last writer's token, in hex. */
export function originOf(
  files: readonly LoadedFile<StoreRecord>[],
  token: string,
  digest: Uint8Array,
): Origin {
  if (token === "") {
    return files.every(({ records }) => records.size === 0) ? "none" : "other";
  }
  const mark = markOf(token).toHex();
  const [magic, known] = [MAGIC.toHex(), digest.toHex()];
  if (!mark.startsWith(magic)) return "other";
  const offsets = [magic.length, magic.length + known.length];
  // The previous one is accepted, too: a kill may come between the token and the
  // files.
  const isKnown = offsets.some((offset) => mark.startsWith(known, offset));
  return isKnown ? "own" : "changed";
}

// Something else is in its place, or its disk is broken.
const DAMAGE = ["EISDIR", "ELOOP", "ENOTDIR", "EIO"];

function load<R extends StoreRecord>(
  path: string,
  { parse, cache, libc, onDamage, token, ...how }:
    & Pick<
      TableFiles<R>,
      "parse" | "cache" | "libc" | "onDamage" | "advice"
    >
    & { readonly token: string },
): KnownRecords<R> {
  const { advice = "restore the file from a backup" } = how;
  try {
    // Asked for first: what comes in between is read the next time, too.
    const version = versionOf(path, { libc, token });
    const known = cache?.find(path);
    if (known !== undefined && version !== undefined) {
      if (known.version === version) return known;
    }
    if (version === undefined && !isNameThere(path, libc)) return nothing();
    const content = readIfThere(path);
    if (content === undefined) return nothing();
    const read = known === undefined
      ? toKnown(TableBytes.parse(content, parse))
      : readAgain(known, content, parse);
    cache?.keep(path, { ...read, version });
    return read;
  } catch (cause) {
    if (errnoOf(cause) !== "" && !isErrno(cause, ...DAMAGE)) throw cause;
    const why = whyOf(cause).replace(`Cannot read "${path}": `, "");
    const error = new DamagedStoreError(
      `Cannot read "${path}": ${why}; nothing was changed: ${advice}`,
      { path, cause },
    );
    if (onDamage === undefined) throw error;
    onDamage(error);
    return { ...nothing<R>(), epoch: {} };
  }
}

function toKnown<R extends StoreRecord>(
  bytes: TableBytes<R>,
): KnownRecords<R> {
  const records = mapById(bytes.records);
  return { bytes, records, sum: sumOfIds(records.keys()), epoch: {} };
}

/** Most of a file that another process has changed is as before. */
function readAgain<R extends StoreRecord>(
  known: KnownRecords<R>,
  content: Bytes,
  parse: TableFiles<R>["parse"],
): KnownRecords<R> {
  const bytes = known.bytes.parseNext(content, parse);
  if (bytes === known.bytes) return known;
  const records = mapById(bytes.records);
  let { sum } = known;
  for (const id of known.records.keys()) {
    if (!records.has(id)) sum -= numberOf(id);
  }
  for (const id of records.keys()) {
    if (!known.records.has(id)) sum += numberOf(id);
  }
  return { bytes, records, sum, epoch: {} };
}

function mapById<R extends StoreRecord>(
  records: readonly R[],
): Map<string, R> {
  return new Map(records.map((record) => [record.id, record]));
}

/**
 * What tells a file's content, where the kernel says it. It may remember what another
 * machine has changed, so that other writers' tokens count as well.
 */
export function versionOf(
  path: string,
  { libc, token }: {
    readonly libc: Libc | undefined;
    readonly token: string;
  },
): string | undefined {
  const version = libc?.readVersion(path);
  return version && `${token} ${version}`;
}

function nothing<R extends StoreRecord>(): KnownRecords<R> {
  return {
    ...{ bytes: TableBytes.empty<R>(), records: new Map() },
    ...{ sum: 0n, epoch: MISSING },
  };
}
