/** The endpoints of an image: mirrors and rewritten names. */

import { PolicyError } from "../../errors/store_errors.ts";
import { whyOf } from "../../errors/why.ts";
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
  isShortName,
  parseReference,
  type Reference,
  repositoryOf,
} from "../../formats/oci/reference.ts";

/** An endpoint. */
export interface Endpoint {
  /** The physical name; the logical one is what the user typed. */
  readonly reference: Reference;
  /** Whether TLS errors, and plain http, are allowed. */
  readonly insecure: boolean;
  readonly isMirror: boolean;
}

/** A place that registries.conf names, whether it is asked or not. */
export interface ListedEndpoint extends Endpoint {
  /** The entry of registries.conf; undefined if none matches. */
  readonly entry: RegistryEntry | undefined;
  /** Why it is not requested; undefined if it is. */
  readonly refusal: string | undefined;
}

/**
 * The places to ask for an image, in order.
 *
 * @throws {PolicyError} If all of them are blocked.
 * @throws {SyntaxError} If an entry makes no name of this one.
 */
export function endpointsFor(
  reference: Reference,
  conf: RegistriesConf,
): readonly Endpoint[] {
  const listed = listEndpoints(reference, conf);
  const open = listed.filter(({ refusal }) => refusal === undefined);
  if (open.length > 0) return open;
  // The last one is that which mirrors stand for.
  const why = listed.at(-1)?.refusal;
  throw new PolicyError(`Cannot pull "${familiarName(reference)}": ${why}`);
}

/**
 * All places that registries.conf names for an image, in order: mirrors first.
 *
 * @throws {SyntaxError} If an entry makes no name of this one.
 */
export function listEndpoints(
  reference: Reference,
  conf: RegistriesConf,
): readonly ListedEndpoint[] {
  const entry = findRegistry(conf, repositoryOf(reference));
  if (entry === undefined) {
    return [{
      ...{ reference, insecure: false, isMirror: false },
      ...{ entry, refusal: undefined },
    }];
  }
  const mirrors = entry.mirrors.map((mirror) => {
    const endpoint = at(reference, entry, mirror);
    const refusal = whyNotFor(mirror, reference) ?? whyBlocked(endpoint, conf);
    return { ...endpoint, isMirror: true, entry, refusal };
  });
  const primary = at(reference, entry, entry);
  const refusal = entry.blocked ? blockedBy(entry) : whyBlocked(primary, conf);
  return [...mirrors, { ...primary, isMirror: false, entry, refusal }];
}

function whyNotFor(
  { pullFrom }: Mirror,
  { digest }: Reference,
): string | undefined {
  switch (pullFrom) {
    case "all":
      return undefined;
    case "digest-only":
      return digest === undefined ? "it is for digests only" : undefined;
    case "tag-only":
      return digest === undefined ? undefined : "it is for tags only";
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
  const { domain, path } = rewrite(`${location}${rest}`, { entry, name });
  return { reference: { ...reference, domain, path }, insecure };
}

function rewrite(
  text: string,
  { entry, name }: { readonly entry: RegistryEntry; readonly name: string },
): Reference {
  const what = `Cannot use "${entry.source}" for "${name}"`;
  // Else docker.io would be asked for it.
  if (isShortName(text)) {
    throw new SyntaxError(
      `${what}: it makes "${text}" of it, which names no registry; a host has ` +
        "a dot or a port, or is localhost",
    );
  }
  try {
    return parseReference(text);
  } catch (cause) {
    throw new SyntaxError(`${what}: ${whyOf(cause)}`, { cause });
  }
}

/** An entry for the place itself counts as well as that which leads there. */
function whyBlocked(
  { reference }: Pick<Endpoint, "reference">,
  conf: RegistriesConf,
): string | undefined {
  const entry = findRegistry(conf, repositoryOf(reference));
  return entry?.blocked === true ? blockedBy(entry) : undefined;
}

/** The message for a blocked entry. */
export function blockedBy({ prefix, source }: RegistryEntry): string {
  return `registry "${prefix}" is blocked in "${source}"`;
}
