/** registries.conf: containers-registries.conf(5), version 2. */

import { asString, asStrings, isObject, optional } from "../json.ts";
import {
  matchPrefix,
  readRegistries,
  type RegistryEntry,
  sortByPrefix,
} from "./registry_entries.ts";
import { type Alias, readAliases } from "./short_name_aliases.ts";
import { malformed, parseTomlFile } from "./toml_file.ts";

/** What to do with names and registries. */
export interface RegistriesConf {
  /** Registries to try for names that name none, such as `docker.io`. */
  readonly searchRegistries: readonly string[] | undefined;
  /** The file that lists them. */
  readonly searchSource: string | undefined;
  /** What to do if a short name is ambiguous. */
  readonly shortNameMode: ShortNameMode | undefined;
  /**
   * The sources of credentials, in this order: names of helpers, and {@linkcode
   * AUTH_FILES} for the files of containers-auth.json(5).
   */
  readonly credentialHelpers: readonly string[] | undefined;
  /** Short names and what they stand for. */
  readonly aliases: ReadonlyMap<string, Alias>;
  /** One for each prefix, sorted by it. */
  readonly registries: readonly RegistryEntry[];
  /** The files that were read, in their order: later ones take precedence. */
  readonly files: readonly string[];
}

/** What happens if a short name could mean several images. */
export type ShortNameMode = "enforcing" | "permissive" | "disabled";

/** Stands among `credential-helpers` for the files; it is the default. */
export const AUTH_FILES = "containers-auth.json";

/** A configuration that says nothing. */
export const EMPTY_CONF: RegistriesConf = {
  searchRegistries: undefined,
  searchSource: undefined,
  shortNameMode: undefined,
  credentialHelpers: undefined,
  aliases: new Map(),
  registries: [],
  files: [],
};

/**
 * Parses a registries.conf, or a drop-in.
 *
 * @param path Of the file, for errors.
 * @throws {SyntaxError} If the file is malformed, or of version 1.
 */
export function parseRegistriesConf(
  text: string,
  path: string,
): RegistriesConf {
  const document = parseTomlFile(text, path);
  const what = `"${path}"`;
  refuseVersion1(document["registries"], what);
  const search = "unqualified-search-registries";
  const listed = optional(document[search], `${what}, ${search}`, asStrings);
  const helpers = "credential-helpers";
  const mode = "short-name-mode";
  return {
    searchRegistries: listed?.map((entry) => asHost(entry, what)),
    searchSource: listed === undefined ? undefined : path,
    shortNameMode: optional(document[mode], `${what}, ${mode}`, asMode),
    credentialHelpers: optional(
      document[helpers],
      `${what}, ${helpers}`,
      asStrings,
    ),
    aliases: readAliases(document["aliases"], path),
    registries: readRegistries(document["registry"], path),
    files: [path],
  };
}

/** Merges a file over those read before. */
export function mergeRegistriesConf(
  base: RegistriesConf,
  later: RegistriesConf,
): RegistriesConf {
  const replaced = new Set(later.registries.map(({ prefix }) => prefix));
  const kept = base.registries.filter(({ prefix }) => !replaced.has(prefix));
  return {
    searchRegistries: later.searchRegistries ?? base.searchRegistries,
    searchSource: later.searchSource ?? base.searchSource,
    shortNameMode: later.shortNameMode ?? base.shortNameMode,
    credentialHelpers: later.credentialHelpers ?? base.credentialHelpers,
    aliases: new Map([...base.aliases, ...later.aliases]),
    registries: sortByPrefix([...kept, ...later.registries]),
    files: [...base.files, ...later.files],
  };
}

/**
 * Finds the entry that governs a name: the one with the longest prefix. Of
 * equally long ones a wildcard counts, as in containers/image.
 *
 * @param name Without tag and digest, such as `docker.io/library/busybox`.
 */
export function findRegistry(
  { registries }: Pick<RegistriesConf, "registries">,
  name: string,
): RegistryEntry | undefined {
  return registries
    .filter(({ prefix }) => matchPrefix(prefix, name) !== undefined)
    .toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** Nobody reads it any more: podman 6 refuses it, too. */
function refuseVersion1(value: unknown, what: string): void {
  if (value === undefined) return;
  const tables = isObject(value) ? value : {};
  const inVersion2 = Object.entries(tables).flatMap(([name, table]) =>
    translate(name, isObject(table) ? table["registries"] : undefined)
  );
  const hint = inVersion2.length === 0
    ? "use [[registry]]"
    : `write: ${inVersion2.join("; ")}`;
  throw malformed(what, `[registries] is of version 1; ${hint}`);
}

/** What version 2 has for a table of version 1. */
function translate(name: string, value: unknown): readonly string[] {
  const hosts = Array.isArray(value) ? value : [];
  if (name === "search") {
    return [`unqualified-search-registries = ${JSON.stringify(hosts)}`];
  }
  const key = name === "block" ? "blocked" : name;
  return hosts.map((host) =>
    `[[registry]] location = ${JSON.stringify(host)}, ${key} = true`
  );
}

// One label after the other, and a port: what can be the domain of a name.
const HOST =
  /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[0-9]+)?$/;

function asHost(entry: string, what: string): string {
  const host = entry.replace(/\/+$/, "");
  if (HOST.test(host)) return host;
  throw malformed(
    what,
    `unqualified-search-registries has "${entry}", which is not host[:port]`,
  );
}

function asMode(value: unknown, what: string): ShortNameMode | undefined {
  const mode = asString(value, what);
  switch (mode) {
    case "":
      return undefined;
    case "enforcing":
    case "permissive":
    case "disabled":
      return mode;
  }
  throw malformed(what, `"${mode}" is not enforcing, permissive or disabled`);
}
