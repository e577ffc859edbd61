/** Names without a registry: containers-registries.conf(5), short names. */

import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import {
  isShortName,
  parseReference,
  type Reference,
  splitReference,
} from "../../formats/oci/reference.ts";

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
  const written = parseReference(name);
  if (!isShortName(name)) return [written];
  const short = splitReference(name).name;
  const rest = name.slice(short.length);
  const alias = conf.aliases.get(short)?.name ?? "";
  if (alias !== "") return [parseReference(alias + rest)];
  const registries = conf.searchRegistries ?? [];
  const candidates = registries.map((registry) =>
    parseReference(`${registry}/${name}`)
  );
  if (candidates.length === 0) {
    throw new InvalidImageNameError(
      `Cannot tell which image "${name}" is: it names no registry; write ` +
        `docker.io/${written.path} in full, or set ` +
        "unqualified-search-registries in registries.conf",
    );
  }
  if (conf.shortNameMode !== "enforcing" || candidates.length === 1) {
    return candidates;
  }
  throw new InvalidImageNameError(
    `Cannot tell which image "${name}" is: it may be on ` +
      `${registries.join(", ")}; name one (short-name-mode is "enforcing")`,
  );
}
