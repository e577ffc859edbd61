/** `[[registry]]` of registries.conf: containers-registries.conf(5). */

import {
  asArray,
  asBoolean,
  asObject,
  asString,
  isObject,
  type JsonObject,
  optional,
} from "../json.ts";
import { malformed } from "./toml_file.ts";

/** A `[[registry]]` table: names that begin alike, and where they are. */
export interface RegistryEntry {
  /** `host[:port][/path]`, or `*.domain`. */
  readonly prefix: string;
  /** What to dial in place of the prefix; `""` leaves names as they are. */
  readonly location: string;
  /** Whether TLS need not be right, nor be there at all. */
  readonly insecure: boolean;
  /** Whether nothing may be pulled from the location. */
  readonly blocked: boolean;
  /** Tried before the location, in this order. */
  readonly mirrors: readonly Mirror[];
  /** The file that says so. */
  readonly source: string;
}

/** A `[[registry.mirror]]` table. */
export interface Mirror {
  /** `host[:port][/path]`. */
  readonly location: string;
  /** Whether TLS need not be right, nor be there at all. */
  readonly insecure: boolean;
  /** For which references it may be asked. */
  readonly pullFrom: "all" | "digest-only" | "tag-only";
}

/**
 * Reads the tables of one file.
 *
 * @throws {SyntaxError} If one is malformed, or two contradict each other.
 */
export function readRegistries(
  value: unknown,
  path: string,
): readonly RegistryEntry[] {
  const what = `"${path}", registry`;
  if (isObject(value)) {
    throw malformed(what, "it is one table; write [[registry]]");
  }
  const entries = (optional(value, what, asArray) ?? []).map((entry, index) =>
    readRegistry(asObject(entry, what), {
      what: `${what} ${index + 1}`,
      source: path,
    })
  );
  checkAgreement(entries, what);
  // The first entry with a prefix counts, as in containers/image.
  const byPrefix = new Map(
    entries.toReversed().map((entry) => [entry.prefix, entry]),
  );
  return sortByPrefix([...byPrefix.values()]);
}

/** The order in which containers/image keeps them. */
export function sortByPrefix(
  entries: readonly RegistryEntry[],
): readonly RegistryEntry[] {
  return entries.toSorted((a, b) => a.prefix < b.prefix ? -1 : 1);
}

/**
 * How much of a name a prefix stands for, in characters; undefined if it is none
 * of the name's. A wildcard stands for the host, but not for its port.
 */
export function matchPrefix(prefix: string, name: string): number | undefined {
  const isWildcard = prefix.startsWith("*.");
  const fixed = isWildcard ? prefix.slice(1) : prefix;
  const start = isWildcard ? name.indexOf(fixed) : 0;
  const end = start + fixed.length;
  const isHost = start >= 0 && !name.slice(0, start).includes("/");
  if (fixed === "" || !isHost || !name.startsWith(fixed, start)) {
    return undefined;
  }
  return ["", "/", ":", "@"].includes(name.charAt(end)) ? end : undefined;
}

function readRegistry(
  table: JsonObject,
  { what, source }: { what: string; source: string },
): RegistryEntry {
  const location = readPlace(table["location"], `${what}, location`);
  const prefix = readPlace(table["prefix"], `${what}, prefix`) || location;
  const isWildcard = prefix.startsWith("*.");
  if (isWildcard && /[/@:*]/.test(prefix.slice(2))) {
    throw malformed(what, `prefix "${prefix}" is not *.domain`);
  }
  if (prefix === "") {
    throw malformed(what, "it has neither location nor prefix");
  }
  if (location === "" && !isWildcard) {
    throw malformed(
      what,
      `it has no location, and its prefix "${prefix}" is not *.domain`,
    );
  }
  if (table["pull-from-mirror"] !== undefined) {
    throw malformed(what, "pull-from-mirror is for [[registry.mirror]] only");
  }
  const digestOnly = readFlag(table, "mirror-by-digest-only", what);
  const mirrors = optional(table["mirror"], `${what}, mirror`, asArray) ?? [];
  return {
    prefix,
    location,
    insecure: readFlag(table, "insecure", what),
    blocked: readFlag(table, "blocked", what),
    mirrors: mirrors.map((mirror) =>
      readMirror(asObject(mirror, `${what}, mirror`), { what, digestOnly })
    ),
    source,
  };
}

function readMirror(
  table: JsonObject,
  { what, digestOnly }: { what: string; digestOnly: boolean },
): Mirror {
  const where = `${what}, mirror`;
  const location = readPlace(table["location"], `${where}, location`);
  if (location === "") throw malformed(where, "it has no location");
  const insecure = readFlag(table, "insecure", where);
  const from = optional(
    table["pull-from-mirror"],
    `${where}, pull-from-mirror`,
    asString,
  ) ?? "";
  if (digestOnly && from !== "") {
    throw malformed(where, "pull-from-mirror beside mirror-by-digest-only");
  }
  switch (from) {
    case "all":
    case "digest-only":
    case "tag-only":
      return { location, insecure, pullFrom: from };
    case "":
      return {
        location,
        insecure,
        pullFrom: digestOnly ? "digest-only" : "all",
      };
  }
  throw malformed(
    where,
    `pull-from-mirror is "${from}", not all, digest-only or tag-only`,
  );
}

function readPlace(value: unknown, what: string): string {
  const place = (optional(value, what, asString) ?? "").replace(/\/+$/, "");
  if (!place.includes("://")) return place;
  throw malformed(what, `"${place}" has a URI scheme; leave it out`);
}

function readFlag(table: JsonObject, key: string, what: string): boolean {
  return optional(table[key], `${what}, ${key}`, asBoolean) ?? false;
}

function checkAgreement(
  entries: readonly RegistryEntry[],
  what: string,
): void {
  for (const [place, same] of Map.groupBy(entries, placeOf)) {
    const key = (["insecure", "blocked"] as const)
      .find((key) => new Set(same.map((entry) => entry[key])).size > 1);
    if (key === undefined) continue;
    throw malformed(what, `entries disagree on "${place}": ${key}`);
  }
}

function placeOf({ location, prefix }: RegistryEntry): string {
  return location || prefix;
}
