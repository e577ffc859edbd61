/** Names without a registry: containers-registries.conf(5), short names. */

import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import {
  isShortName,
  parseReference,
  type Reference,
  splitReference,
} from "../../formats/oci/reference.ts";

/** The resolution of a typed name. */
export interface ResolvedName {
  /** In the order to try them; one at least. */
  readonly candidates: readonly Reference[];
  /** Whether it was a full name, or how it was resolved. */
  readonly by: "name" | "alias" | "search";
  /** The file that resolves it. */
  readonly source?: string;
}

/**
 * Finds what a typed name may stand for.
 *
 * @throws {SyntaxError} If the name is malformed.
 * @throws {InvalidImageNameError} If nothing says which registry is meant.
 */
export function resolveName(name: string, conf: RegistriesConf): ResolvedName {
  const written = parseReference(name);
  if (!isShortName(name)) return { candidates: [written], by: "name" };
  const short = splitReference(name).name;
  const alias = conf.aliases.get(short);
  if (alias !== undefined && alias.name !== "") {
    const { name: full, source } = alias;
    const candidates = [parseReference(full + name.slice(short.length))];
    return { candidates, by: "alias", source };
  }
  const { searchRegistries = [], searchSource: source } = conf;
  const candidates = searchRegistries.map((registry) =>
    parseReference(`${registry}/${name}`)
  );
  if (candidates.length === 0) {
    throw new InvalidImageNameError(
      `Cannot tell which image "${name}" is: it names no registry; write ` +
        `docker.io/${written.path} in full, or set ` +
        "unqualified-search-registries in registries.conf",
    );
  }
  return { candidates, by: "search", ...(source && { source }) };
}

/**
 * The images that a typed name may stand for, in the order to try them. More
 * than one only if registries.conf lists several registries to search.
 *
 * @throws {SyntaxError} If the name is malformed.
 * @throws {InvalidImageNameError} If nothing says which registry is meant.
 */
export function candidatesFor(
  name: string,
  conf: RegistriesConf,
): readonly Reference[] {
  return checkAmbiguity(name, resolveName(name, conf), conf);
}

/**
 * The candidates of a resolved name, if one of them may be taken without asking.
 *
 * @throws {InvalidImageNameError} If nothing says which registry is meant.
 */
export function checkAmbiguity(
  name: string,
  { candidates }: ResolvedName,
  conf: RegistriesConf,
): readonly Reference[] {
  if (conf.shortNameMode !== "enforcing" || candidates.length === 1) {
    return candidates;
  }
  throw new InvalidImageNameError(
    `Cannot tell which image "${name}" is: it may be on ` +
      `${candidates.map(({ domain }) => domain).join(", ")}; name one ` +
      `(short-name-mode is "enforcing", and there is no terminal to ask on)`,
  );
}
