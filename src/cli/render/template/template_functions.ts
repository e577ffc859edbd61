/** The functions of templates: Go's own, and those that podman adds. */

import { goPrintf } from "./go_printf.ts";
import { goPrint, goPrintLine, goText } from "./go_text.ts";
import { describeKind, GoMap, isTrue } from "./go_values.ts";

/** A function; it throws an `Error` if an argument does not fit. */
export type TemplateFunction = (...values: readonly unknown[]) => unknown;

/** How many arguments each function takes, and what it makes of them. */
interface Entry {
  readonly least: number;
  readonly most: number;
  readonly call: TemplateFunction;
}

/** All functions by name. `and` and `or` are lazy: the evaluator has them. */
export const FUNCTIONS: Readonly<Record<string, Entry>> = {
  and: any(1, (...values) => values.find((v) => !isTrue(v)) ?? values.at(-1)),
  or: any(1, (...values) => values.find(isTrue) ?? values.at(-1)),
  not: exactly(1, (value) => !isTrue(value)),
  len: exactly(1, len),
  index: any(1, (value, ...keys) => keys.reduce(indexOne, value)),
  slice: { least: 1, most: 3, call: slice },
  eq: any(2, (value, ...others) => others.some((o) => isEqual(value, o))),
  ne: exactly(2, (a, b) => !isEqual(a, b)),
  lt: exactly(2, (a, b) => compare(a, b) < 0),
  le: exactly(2, (a, b) => compare(a, b) <= 0),
  gt: exactly(2, (a, b) => compare(a, b) > 0),
  ge: exactly(2, (a, b) => compare(a, b) >= 0),
  print: any(0, (...values) => goPrint(values)),
  println: any(0, (...values) => goPrintLine(values)),
  printf: any(1, (format, ...values) => goPrintf(text(format), values)),
  urlquery: any(0, (...values) => encodeQuery(goPrint(values))),
  html: any(0, (...values) => encodeHtml(goPrint(values))),
  json: exactly(1, (value) => JSON.stringify(value) ?? "null"),
  join: exactly(2, (list, by) => items(list).map(text).join(text(by))),
  split: exactly(2, (value, by) => text(value).split(text(by))),
  lower: exactly(1, (value) => text(value).toLowerCase()),
  upper: exactly(1, (value) => text(value).toUpperCase()),
  title: exactly(1, title),
  truncate: exactly(
    2,
    (value, length) => [...text(value)].slice(0, count(length)).join(""),
  ),
  pad: exactly(3, (value, before, after) =>
    text(value) &&
    " ".repeat(count(before)) + text(value) + " ".repeat(count(after))),
};

/** Calls a function. @throws {Error} If the arguments do not fit. */
export function callFunction(
  name: string,
  values: readonly unknown[],
): unknown {
  const entry = FUNCTIONS[name];
  if (entry === undefined) throw new Error(`there is no function "${name}"`);
  const { least, most, call } = entry;
  if (values.length >= least && values.length <= most) return call(...values);
  const wanted = least === most
    ? `${least}`
    : most === Infinity
    ? `at least ${least}`
    : `${least} to ${most}`;
  const isOne = least === 1 && (most === 1 || most === Infinity);
  throw new Error(
    `it takes ${wanted} argument${isOne ? "" : "s"}, not ${values.length}`,
  );
}

function exactly(count: number, call: TemplateFunction): Entry {
  return { least: count, most: count, call };
}

function any(least: number, call: TemplateFunction): Entry {
  return { least, most: Infinity, call };
}

function len(value: unknown): number {
  // Go counts bytes.
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof GoMap) return value.size;
  throw new Error(`${describeKind(value)} has no length`);
}

function indexOne(value: unknown, key: unknown): unknown {
  if (value instanceof GoMap) return value.get(text(key)) ?? zeroOf(value);
  if (!Array.isArray(value)) {
    throw new Error(`${describeKind(value)} cannot be indexed`);
  }
  const index = count(key);
  if (index < value.length) return value[index];
  throw new Error(`there is no item ${index}, only ${value.length}`);
}

/** What a map gives for a key that it lacks: of texts an empty one. */
function zeroOf(map: GoMap): unknown {
  const isOfTexts = map.values().every((item) => typeof item === "string");
  return isOfTexts ? "" : undefined;
}

function slice(value: unknown, ...[from, to]: readonly unknown[]): unknown {
  const length = len(value);
  const start = from === undefined ? 0 : count(from);
  const end = to === undefined ? length : count(to);
  if (start > end || end > length) {
    throw new Error(
      `there is no slice ${start} to ${end}, only 0 to ${length}`,
    );
  }
  if (Array.isArray(value)) return value.slice(start, end);
  const bytes = new TextEncoder().encode(text(value));
  return new TextDecoder().decode(bytes.subarray(start, end));
}

function isEqual(a: unknown, b: unknown): boolean {
  const isNothing = (value: unknown) => value === null || value === undefined;
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  if (typeof a === typeof b && typeof a !== "object") return a === b;
  throw cannotCompare(a, b);
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== "string" || typeof b !== "string") throw cannotCompare(a, b);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function cannotCompare(a: unknown, b: unknown): Error {
  return new Error(
    `${describeKind(a)} and ${describeKind(b)} cannot be compared`,
  );
}

function title(value: unknown): string {
  return text(value).replace(
    /(?<![\p{L}\p{N}_])\p{L}/gu,
    (letter) => letter.toUpperCase(),
  );
}

function encodeQuery(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll("%20", "+")
    .replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

function encodeHtml(value: string): string {
  const names: Readonly<Record<string, string>> = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    '"': "&#34;",
    "'": "&#39;",
  };
  return value.replace(/[<>&"']/g, (character) => names[character] ?? "");
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  // A key that a map lacks is an empty text to Go's functions.
  if (value === undefined) return "";
  throw new Error(`${describeKind(value)} is no text: ${shorten(value)}`);
}

function items(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === undefined || value === null) return [];
  throw new Error(`${describeKind(value)} is no list: ${shorten(value)}`);
}

function count(value: unknown): number {
  const isCount = typeof value === "number" && Number.isInteger(value) &&
    value >= 0 && value <= MOST;
  if (isCount) return value;
  throw new Error(`${shorten(value)} is no number from 0 on`);
}

// Blanks that `pad` adds at most, which is the greatest use of a count.
const MOST = 100_000;

function shorten(value: unknown): string {
  const whole = goText(value);
  return JSON.stringify(whole.length > 40 ? `${whole.slice(0, 40)}…` : whole);
}
