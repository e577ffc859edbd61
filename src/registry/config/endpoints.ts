/** Where an image is really asked for: mirrors and rewritten names. */

import { PolicyError } from "../../errors/store_errors.ts";
import {
  findRegistry,
  type RegistriesConf,
} from "../../formats/config/registries_conf.ts";
import {
  matchPrefix,
  type Mirror,
  type RegistryEntry,
} from "../../formats/config/registry_entries.ts";
import {
  familiarName,
  parseReference,
  type Reference,
  repositoryOf,
} from "../../formats/oci/reference.ts";

/** One place to ask. */
export interface Endpoint {
  /** The physical name; the logical one is what the user typed. */
  readonly reference: Reference;
  /** Whether TLS need not be right, nor be there at all. */
  readonly insecure: boolean;
  readonly isMirror: boolean;
}

/**
 * The places to ask for an image, in order.
 *
 * @throws {PolicyError} If all of them are blocked.
 */
export function endpointsFor(
  reference: Reference,
  conf: RegistriesConf,
): readonly Endpoint[] {
  const entry = findRegistry(conf, repositoryOf(reference));
  if (entry === undefined) {
    return [{ reference, insecure: false, isMirror: false }];
  }
  const mirrors = entry.mirrors
    .filter((mirror) => serves(mirror, reference))
    .map((mirror) => ({ ...at(reference, entry, mirror), isMirror: true }));
  const primary = { ...at(reference, entry, entry), isMirror: false };
  const all = entry.blocked ? mirrors : [...mirrors, primary];
  const open = all.filter((endpoint) => !isBlocked(endpoint, conf));
  if (open.length > 0) return open;
  throw new PolicyError(
    `Cannot pull "${familiarName(reference)}": registry "${entry.prefix}" ` +
      `is blocked in "${entry.source}"`,
  );
}

function serves({ pullFrom }: Mirror, { digest }: Reference): boolean {
  switch (pullFrom) {
    case "all":
      return true;
    case "digest-only":
      return digest !== undefined;
    case "tag-only":
      return digest === undefined;
  }
}

function at(
  reference: Reference,
  entry: RegistryEntry,
  { location, insecure }: Pick<Mirror, "location" | "insecure">,
): Pick<Endpoint, "reference" | "insecure"> {
  if (location === "") return { reference, insecure };
  const name = repositoryOf(reference);
  const rest = name.slice(matchPrefix(entry.prefix, name));
  const { domain, path } = parseReference(`${location}${rest}`);
  return { reference: { ...reference, domain, path }, insecure };
}

function isBlocked(
  { reference, isMirror }: Endpoint,
  conf: RegistriesConf,
): boolean {
  const entry = findRegistry(conf, repositoryOf(reference));
  return isMirror && entry?.blocked === true;
}
