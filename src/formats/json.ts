/**
 * Strict parsing of untrusted JSON: RFC 8259, without ambiguities between parsers.
 */

import { toStrictText } from "./bytes.ts";
import { checkDepth, checkKeys, MAX_DEPTH } from "./check_json.ts";

/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Options of {@linkcode parseJson}. */
export interface ParseJsonOptions {
  /** Refuses longer input, in bytes; 4 MiB is the default. */
  readonly maxSize?: number;
  /**
   * `"as-written"` keeps numbers that JavaScript would write otherwise, such as
   * `1.0` or `18446744073709551615`, as raw JSON: Go accepts neither `1.0` nor
   * `1e3` as an integer, and all digits are preserved.
   */
  readonly numbers?: "as-written";
}

// The limit of manifests and configs in registries and in containers/image.
const DEFAULT_MAX_SIZE = 4 * 1024 * 1024;
// Enough of a wrong value to find it by.
const MAX_SHOWN = 60;

/**
 * Parses JSON strictly: well-formed UTF-8, no duplicate keys, limited in size
 * and depth.
 *
 * @param what What is being read, for errors, such as `manifest "sha256:…"`.
 * @throws {SyntaxError} `Cannot read <what>: …`
 */
export function parseJson(
  input: string | Uint8Array,
  what: string,
  options: ParseJsonOptions = {},
): unknown {
  const { maxSize = DEFAULT_MAX_SIZE, numbers } = options;
  if (input.length > maxSize) {
    throw unreadable(what, `larger than ${maxSize} bytes`);
  }
  const text = typeof input === "string" ? input : decode(input, what);
  const simple = numbers === undefined ? parseSimple(text) : undefined;
  if (simple !== undefined) return simple.value;
  const fail = (why: string) => unreadable(what, why);
  checkDepth(text, fail);
  const value = parse(text, what, numbers);
  checkKeys(text, fail);
  return value;
}

// Records keep such texts by the thousand.
const SIMPLE_LENGTH = 4096;

/**
 * Parses a short text without escapes, in which each quote and colon is what it
 * seems to be: it has a duplicate key if there are more of them than in its value.
 *
 * @returns Undefined if it is another, or wrong: that takes a closer look.
 */
function parseSimple(text: string): { readonly value: unknown } | undefined {
  if (text.length > SIMPLE_LENGTH || text.includes("\\")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const keys = text.match(/"\s*:/g)?.length ?? 0;
    return countKeys(value, MAX_DEPTH) === keys ? { value } : undefined;
  } catch {
    return undefined;
  }
}

/** Counts the keys of all objects in a value; NaN if it is nested too deep. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth === 0) return NaN;
  const members = Object.values(value);
  return members.reduce<number>(
    (sum, member) => sum + countKeys(member, depth - 1),
    Array.isArray(value) ? 0 : members.length,
  );
}

/** Takes a value for an object. @throws {SyntaxError} If it is none. */
export function asObject(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value;
  throw unexpected(what, { wanted: "an object", value });
}

/** Takes a value for an array. @throws {SyntaxError} If it is none. */
export function asArray(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unexpected(what, { wanted: "an array", value });
}

/** Takes a value for a string. @throws {SyntaxError} If it is none. */
export function asString(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw unexpected(what, { wanted: "a string", value });
}

/** Takes a value for a boolean. @throws {SyntaxError} If it is none. */
export function asBoolean(value: unknown, what: string): boolean {
  if (typeof value === "boolean") return value;
  throw unexpected(what, { wanted: "true or false", value });
}

/**
 * Takes a value for an exact integer.
 *
 * @throws {SyntaxError} If it is none, or has lost digits beyond 2⁵³.
 */
export function asInteger(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw unexpected(what, { wanted: "an integer", value });
}

/** Takes a value for a count of bytes. @throws {SyntaxError} If it is none. */
export function asSize(value: unknown, what: string): number {
  const size = asInteger(value, what);
  if (size >= 0) return size;
  throw unexpected(what, { wanted: "a size", value });
}

/** Takes a value for a list of strings. @throws {SyntaxError} If it is none. */
export function asStrings(value: unknown, what: string): readonly string[] {
  return asArray(value, what).map((item, index) =>
    asString(item, `${what}[${index}]`)
  );
}

/** Takes a value for a map of strings. @throws {SyntaxError} If it is none. */
export function asStringMap(
  value: unknown,
  what: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(asObject(value, what));
  return Object.fromEntries(
    entries.map(([key, item]) => [key, asString(item, `${what}["${key}"]`)]),
  );
}

/** Takes a value for one of some texts. @throws {SyntaxError} If it is none. */
export function asOneOf<T extends string>(
  value: unknown,
  what: string,
  choices: readonly T[],
): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw unexpected(what, { wanted: choices.join(" or "), value });
}

/** Reads a value that may be absent or `null`, which is the same. */
export function optional<T>(
  value: unknown,
  what: string,
  as: (value: unknown, what: string) => T,
): T | undefined {
  return value === undefined || value === null ? undefined : as(value, what);
}

/** A key as Go compares it, for which a Kelvin sign is a k, a long s an s. */
export function foldKey(key: string): string {
  return key.toUpperCase().toLowerCase();
}

/** A number by its digits. */
export function rawNumber(digits: string): unknown {
  // ECMAScript 2026, which TypeScript's library lacks as yet.
  const rawJson: unknown = Reflect.get(JSON, "rawJSON");
  return typeof rawJson === "function" ? rawJson(digits) : Number(digits);
}

/**
 * Refuses keys that differ from known ones in case only: Go takes them for
 * the same, so two programs would read two different documents.
 *
 * @throws {SyntaxError} If there is such a key.
 */
export function refuseCaseVariants(
  value: JsonObject,
  what: string,
  knownKeys: readonly string[],
): void {
  const known = new Map(knownKeys.map((key) => [foldKey(key), key]));
  for (const key of Object.keys(value)) {
    const meant = known.get(foldKey(key));
    if (meant === undefined || meant === key) continue;
    throw unreadable(what, `ambiguous, key "${key}" looks like "${meant}"`);
  }
}

/**
 * Reads data with secrets: errors and their causes do not contain values.
 *
 * @throws {SyntaxError} As `read` does, with less to tell.
 */
export function withoutValues<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(error.message.replace(/, got .*$/s, ""));
  }
}

/** Whether a value is an object of JSON: no array, no raw text, and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && !isRaw(value);
}

function isRaw(value: unknown): boolean {
  const isRawJson: unknown = Reflect.get(JSON, "isRawJSON");
  return typeof isRawJson === "function" && isRawJson(value) === true;
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return toStrictText(bytes);
  } catch (cause) {
    throw unreadable(what, "not valid UTF-8", cause);
  }
}

function parse(
  text: string,
  what: string,
  numbers: ParseJsonOptions["numbers"],
): unknown {
  try {
    // Most texts have no such number, and to look at each value takes time.
    return numbers !== undefined && ODD_NUMBER.test(text)
      ? JSON.parse(text, keepText)
      : JSON.parse(text);
  } catch (cause) {
    throw unreadable(what, "not valid JSON", cause);
  }
}

// Also in a string, where it does no harm.
const ODD_NUMBER = /-0|\d[.eE]|\d{16}/;

/** Keeps a number's text where its value would print as another. */
function keepText(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined) return value;
  return String(value) === source ? value : rawNumber(source);
}

function unexpected(
  what: string,
  { wanted, value }: { wanted: string; value: unknown },
): SyntaxError {
  const got = value === undefined ? "nothing" : JSON.stringify(value);
  const shown = got.length > MAX_SHOWN ? `${got.slice(0, MAX_SHOWN)}…` : got;
  return unreadable(what, `expected ${wanted}, got ${shown}`);
}

function unreadable(what: string, why: string, cause?: unknown): SyntaxError {
  return new SyntaxError(`Cannot read ${what}: ${why}`, { cause });
}
