/** registries.conf: containers-registries.conf(5), version 2. */

import { parse as parseToml, TomlError } from "smol-toml";
import { messageOf } from "../../errors/why.ts";
import {
  asArray,
  asBoolean,
  asObject,
  asString,
  asStringMap,
  asStrings,
  type JsonObject,
  optional,
} from "../json.ts";

import { isShortName, splitReference } from "../oci/reference.ts";

/** What to do with names and registries. */
export interface RegistriesConf {
  /** Registries to try for names that name none, such as `docker.io`. */
  readonly searchRegistries: readonly string[] | undefined;
  /** What to do if a short name is ambiguous. */
  readonly shortNameMode: ShortNameMode | undefined;
  /** Short names and what they stand for; `""` takes one back. */
  readonly aliases: ReadonlyMap<string, string>;
  /** One for each prefix. */
  readonly registries: readonly RegistryEntry[];
}

/** What happens if a short name could mean several images. */
export type ShortNameMode = "enforcing" | "permissive" | "disabled";

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
  /** The file that says so, for errors. */
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

/** A configuration that says nothing. */
export const EMPTY_CONF: RegistriesConf = {
  searchRegistries: undefined,
  shortNameMode: undefined,
  aliases: new Map(),
  registries: [],
};

/**
 * Parses a registries.conf, a drop-in, or a file of short-name aliases.
 *
 * @param path Of the file, for errors.
 * @throws {SyntaxError} If the file is malformed, or of version 1.
 */
export function parseRegistriesConf(
  text: string,
  path: string,
): RegistriesConf {
  const what = `"${path}"`;
  const document = asObject(parse(text, what), what);
  if (document["registries"] !== undefined) {
    throw malformed(what, "[registries] is of version 1; use [[registry]]");
  }
  const search = "unqualified-search-registries";
  const mode = "short-name-mode";
  const aliases = optional(
    document["aliases"],
    `${what}, aliases`,
    asStringMap,
  );
  return {
    searchRegistries: optional(
      document[search],
      `${what}, ${search}`,
      asStrings,
    ),
    shortNameMode: optional(document[mode], `${what}, ${mode}`, asMode),
    aliases: checkAliases(aliases ?? {}, `${what}, aliases`),
    registries: readRegistries(document["registry"], path),
  };
}

/** Lets a drop-in overrule what was read before it. */
export function mergeRegistriesConf(
  base: RegistriesConf,
  dropIn: RegistriesConf,
): RegistriesConf {
  const replaced = new Set(dropIn.registries.map(({ prefix }) => prefix));
  const kept = base.registries.filter(({ prefix }) => !replaced.has(prefix));
  return {
    searchRegistries: dropIn.searchRegistries ?? base.searchRegistries,
    shortNameMode: dropIn.shortNameMode ?? base.shortNameMode,
    aliases: new Map([...base.aliases, ...dropIn.aliases]),
    registries: [...kept, ...dropIn.registries],
  };
}

/**
 * Finds the entry that governs a name: the one with the longest prefix.
 *
 * @param name Without tag and digest, such as `docker.io/library/busybox`.
 */
export function findRegistry(
  conf: RegistriesConf,
  name: string,
): RegistryEntry | undefined {
  const fitting = conf.registries.filter(({ prefix }) => fits(prefix, name));
  return fitting.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
}

function fits(prefix: string, name: string): boolean {
  if (prefix.startsWith("*.")) {
    const [host = ""] = name.split(/[/:]/);
    return host.endsWith(prefix.slice(1));
  }
  if (!name.startsWith(prefix)) return false;
  const next = name.charAt(prefix.length);
  return next === "" || next === "/" || next === ":" || next === "@";
}

function parse(text: string, what: string): unknown {
  try {
    return parseToml(text);
  } catch (cause) {
    const why = messageOf(cause);
    const [first = ""] = why.split("\n");
    const place = cause instanceof TomlError ? `line ${cause.line}: ` : "";
    throw new SyntaxError(`Cannot read ${what}: ${place}${first}`, { cause });
  }
}

/** One that names no registry would stand for whatever docker.io has. */
function checkAliases(
  aliases: Readonly<Record<string, string>>,
  what: string,
): ReadonlyMap<string, string> {
  for (const [short, full] of Object.entries(aliases)) {
    const hasVersion = [short, full].map(splitReference)
      .some(({ tag, digest }) => (tag ?? digest) !== undefined);
    if (hasVersion) {
      throw malformed(
        what,
        `"${short}" and "${full}" must have no tag or digest`,
      );
    }
    if (!isShortName(short)) {
      throw malformed(what, `"${short}" is no short name: it names a registry`);
    }
    if (full !== "" && isShortName(full)) {
      throw malformed(
        what,
        `"${short}" stands for "${full}", which names no registry`,
      );
    }
  }
  return new Map(Object.entries(aliases));
}

function asMode(value: unknown, what: string): ShortNameMode {
  const mode = asString(value, what);
  if (mode === "enforcing" || mode === "permissive" || mode === "disabled") {
    return mode;
  }
  throw malformed(what, `"${mode}" is not enforcing, permissive or disabled`);
}

function readRegistries(value: unknown, path: string): RegistryEntry[] {
  const what = `"${path}", registry`;
  const entries = (optional(value, what, asArray) ?? []).map((entry, index) =>
    readRegistry(asObject(entry, what), {
      what: `${what} ${index + 1}`,
      source: path,
    })
  );
  checkAgreement(entries, what);
  // The first entry with a prefix counts, as in containers/image.
  return entries.filter((entry, index) =>
    entries.findIndex(({ prefix }) => prefix === entry.prefix) === index
  );
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
  if (prefix === "" || (location === "" && !isWildcard)) {
    throw malformed(what, "it has no location");
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
  throw malformed(where, `pull-from-mirror is "${from}"`);
}

function readPlace(value: unknown, what: string): string {
  const place = (optional(value, what, asString) ?? "").replace(/\/$/, "");
  if (!place.includes("://")) return place;
  throw malformed(what, `"${place}" has a URI scheme`);
}

function readFlag(table: JsonObject, key: string, what: string): boolean {
  return optional(table[key], `${what}, ${key}`, asBoolean) ?? false;
}

function checkAgreement(
  entries: readonly RegistryEntry[],
  what: string,
): void {
  for (const entry of entries) {
    const { location, insecure, blocked } = entry;
    const other = entries.find((one) =>
      location !== "" && one.location === location &&
      (one.insecure !== insecure || one.blocked !== blocked)
    );
    if (other === undefined) continue;
    throw malformed(what, `entries disagree on location "${location}"`);
  }
}

function malformed(what: string, why: string): SyntaxError {
  return new SyntaxError(`Cannot read ${what}: ${why}`);
}
