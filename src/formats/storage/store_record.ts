/**
 * Records of containers/storage: the JSON arrays in `layers.json`,
 * `images.json`, `containers.json` and `mountpoints.json`. Members that orlop
 * does not know are kept.
 */

import { isObject, type JsonObject } from "../json.ts";
import {
  type ContainerId,
  type ImageId,
  isFileName,
  type LayerId,
  parseRecordId,
} from "./store_ids.ts";

/** What every record has. */
export interface StoreRecord {
  /** 64 lower-case hex digits, where a tool invented it. */
  readonly id: string;
  /** Unique among records of the same kind. */
  readonly names?: readonly string[];
  /** Free for all tools, which keep each other's. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Kept as it is. */
  readonly [member: string]: unknown;
}

/** A layer: a directory of changes on a parent layer. */
export interface LayerRecord extends StoreRecord {
  /** Unique among layers. */
  readonly id: LayerId;
  /** The ID of the layer below. */
  readonly parent?: LayerId;
  /** The SELinux label to mount with. */
  readonly mountlabel?: string;
  /** When the record was made, RFC 3339. */
  readonly created: string;
  /** Of the blob. */
  readonly "compressed-diff-digest"?: string;
  /** Of the blob, in bytes. */
  readonly "compressed-size"?: number;
  /** Of the uncompressed tar. */
  readonly "diff-digest"?: string;
  /** Of the uncompressed tar, in bytes. */
  readonly "diff-size"?: number;
  /** See {@linkcode COMPRESSION_CODES}. */
  readonly compression?: number;
  /** The users that own files, sorted. */
  readonly uidset?: readonly number[];
  /** The groups that own files, sorted. */
  readonly gidset?: readonly number[];
  /** Of the table of contents, where only parts of the blob were fetched. */
  readonly "toc-digest"?: string;
  /** Of items that other tools keep beside it. */
  readonly "big-data-names"?: readonly string[];
}

/** An image: a top layer, names, and items such as config and manifest. */
export interface ImageRecord extends StoreRecord, BigDataMembers {
  /** Unique among images. */
  readonly id: ImageId;
  /** The first manifest digest that was known. */
  readonly digest?: string;
  /** All names it ever had, the latest first. */
  readonly "names-history"?: readonly string[];
  /** The top layer's ID; absent if the image has no layers. */
  readonly layer?: LayerId;
  /** Copies of the top layer with other owners. */
  readonly "mapped-layers"?: readonly LayerId[];
  /** The owner's text; of images, JSON. */
  readonly metadata?: string;
  /** The config's creation time, RFC 3339. */
  readonly created: string;
}

/** A container: metadata of its owner and a writable layer. */
export interface ContainerRecord extends StoreRecord, BigDataMembers {
  /** Unique among containers. */
  readonly id: ContainerId;
  /** The image's ID; `""` if there is none. */
  readonly image: ImageId;
  /** The ID of its own read-write layer. */
  readonly layer: LayerId;
  /** The owner's text. */
  readonly metadata?: string;
  /** When the record was made, RFC 3339. */
  readonly created: string;
}

/** How often a layer is mounted, and where. */
export interface MountRecord extends StoreRecord {
  /** The layer's ID. */
  readonly id: LayerId;
  /** Where it is mounted. */
  readonly path: string;
  /** How many users it has. */
  readonly count: number;
}

/** Items that are kept in files beside the record. */
export interface BigDataMembers {
  /** The keys, in the order of storing. */
  readonly "big-data-names"?: readonly string[];
  /** In bytes, by key. */
  readonly "big-data-sizes"?: Readonly<Record<string, number>>;
  /** By key. */
  readonly "big-data-digests"?: Readonly<Record<string, string>>;
}

/** The values of {@linkcode LayerRecord.compression}. */
export const COMPRESSION_CODES = {
  none: 0,
  bzip2: 1,
  gzip: 2,
  xz: 3,
  zstd: 4,
} as const;

/** Member names and the JSON types they must have, where orlop reads them. */
type Shape = Readonly<Record<string, MemberType>>;
type MemberType = keyof typeof CHECKS;

const CHECKS = {
  string: isString,
  number: isNumber,
  strings: (value: unknown) => Array.isArray(value) && value.every(isString),
  numbers: (value: unknown) => Array.isArray(value) && value.every(isNumber),
  object: (value: unknown) => isObject(value),
  id: isId,
  ids: (value: unknown) => Array.isArray(value) && value.every(isId),
} as const satisfies Record<string, (value: unknown) => boolean>;

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function isId(value: unknown): boolean {
  return value === "" || isFileName(value);
}

const COMMON: Shape = { names: "strings", flags: "object" };
const BIG_DATA: Shape = {
  "big-data-names": "strings",
  "big-data-sizes": "object",
  "big-data-digests": "object",
};

/** Parses `layers.json`. @throws {SyntaxError} If it is damaged. */
export function parseLayerRecords(text: string): LayerRecord[] {
  const shape: Shape = {
    ...COMMON,
    parent: "id",
    mountlabel: "string",
    created: "string",
    "compressed-diff-digest": "string",
    "compressed-size": "number",
    "diff-digest": "string",
    "diff-size": "number",
    compression: "number",
    uidset: "numbers",
    gidset: "numbers",
    "toc-digest": "string",
    "big-data-names": "strings",
  };
  return parseRecords<LayerId>(text, shape).map((record) =>
    complete(record, { created: ZERO_TIME })
  );
}

/** Parses `images.json`. @throws {SyntaxError} If it is damaged. */
export function parseImageRecords(text: string): ImageRecord[] {
  const shape: Shape = {
    ...COMMON,
    ...BIG_DATA,
    digest: "string",
    "names-history": "strings",
    layer: "id",
    "mapped-layers": "ids",
    metadata: "string",
    created: "string",
  };
  return parseRecords<ImageId>(text, shape).map((record) =>
    complete(record, { created: ZERO_TIME })
  );
}

/** Parses `containers.json`. @throws {SyntaxError} If it is damaged. */
export function parseContainerRecords(text: string): ContainerRecord[] {
  const shape: Shape = {
    ...COMMON,
    ...BIG_DATA,
    image: "id",
    layer: "id",
    metadata: "string",
    created: "string",
  };
  return parseRecords<ContainerId>(text, shape).map((record) =>
    complete(record, { image: NO_IMAGE, layer: NO_LAYER, created: ZERO_TIME })
  );
}

/** Parses `mountpoints.json`. @throws {SyntaxError} If it is damaged. */
export function parseMountRecords(text: string): MountRecord[] {
  const shape: Shape = { path: "string", count: "number" };
  return parseRecords<LayerId>(text, shape).map((record) =>
    complete(record, { path: "", count: 0 })
  );
}

/** Formats a record as Go's `encoding/json` does: compact, `<>&` escaped. */
export function formatRecord(record: StoreRecord): string {
  return JSON.stringify(record).replace(/[<>&\u2028\u2029]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

// What Go writes for what was never set.
const ZERO_TIME = "0001-01-01T00:00:00Z";
const NO_IMAGE = "" as ImageId;
const NO_LAYER = "" as LayerId;

/** Null and absent are the same in Go's JSON: only what is set is kept. */
function parseRecords<Id extends LayerId | ImageId | ContainerId>(
  text: string,
  shape: Shape,
): (StoreRecord & { readonly id: Id })[] {
  if (text === "") return [];
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new SyntaxError("expected an array");
  const seen = new Set<string>();
  const members = new Map(Object.entries(shape));
  return list.map((item: unknown, index) => {
    const where = `record ${index}`;
    if (!isObject(item)) throw new SyntaxError(`${where} is no object`);
    const record = Object.values(item).includes(null)
      ? withoutNulls(item)
      : item;
    const id = record["id"];
    if (typeof id !== "string" || id === "") {
      throw new SyntaxError(`${where} has no ID`);
    }
    // Duplicate IDs would hide records, whose objects would seem unused.
    if (seen.has(id)) throw new SyntaxError(`ID "${id}" is there twice`);
    seen.add(id);
    checkMembers(record, members, where);
    return hasId<Id>(record)
      ? record
      : { ...record, id: parseRecordId<Id>(id) };
  });
}

/** Not copied: with thousands of records that takes longer than parsing. */
function hasId<Id extends LayerId | ImageId | ContainerId>(
  record: JsonObject,
): record is JsonObject & { readonly id: Id } {
  return isFileName(record["id"]);
}

/** Fills in what a record has to have, and lacks. */
function complete<R extends StoreRecord, D extends object>(
  record: R,
  defaults: D,
): R & D {
  return hasAll(record, defaults) ? record : { ...defaults, ...record };
}

function hasAll<R extends StoreRecord, D extends object>(
  record: R,
  defaults: D,
): record is R & D {
  return Object.keys(defaults).every((member) => Object.hasOwn(record, member));
}

function withoutNulls(item: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(item).filter(([, value]) => value !== null),
  );
}

// Of what is there: with thousands of records, to look for each member of the shape
// takes longer than parsing.
function checkMembers(
  record: JsonObject,
  shape: ReadonlyMap<string, MemberType>,
  where: string,
): void {
  for (const member in record) {
    if (isOfType(record[member], shape.get(member))) continue;
    throw new SyntaxError(
      `member "${member}" of ${where} has no ${shape.get(member)}`,
    );
  }
}

function isOfType(value: unknown, type: MemberType | undefined): boolean {
  return type === undefined || CHECKS[type](value);
}
