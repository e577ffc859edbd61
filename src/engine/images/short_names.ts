/** Resolves short names in lookups of stored images. */

import type { Abortable } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import {
  EMPTY_CONF,
  type RegistriesConf,
} from "../../formats/config/registries_conf.ts";
import {
  isShortName,
  parseReference,
  type Reference,
  splitReference,
} from "../../formats/oci/reference.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import type { Agent } from "../agent.ts";
import { isPlainName } from "./image_text.ts";

/**
 * Reads registries.conf if one of these texts needs it. If the file is damaged or
 * may not be read, lookups of stored images work without it.
 */
export async function loadShortNames(
  { registries, log }: Agent,
  texts: readonly (string | undefined)[],
  { signal }: Abortable = {},
): Promise<RegistriesConf> {
  signal?.throwIfAborted();
  const isNeeded = (text = "") => isPlainName(text) && isShortName(text);
  if (!texts.some(isNeeded)) return EMPTY_CONF;
  try {
    return await loadRegistriesConf(registries);
  } catch (error) {
    const why = whyOf(error);
    log("warn", `Cannot use the aliases of registries.conf: ${why}`);
    return EMPTY_CONF;
  }
}

/**
 * The names that a short one may be stored under, in podman's order: an alias, a
 * local name, each registry to search; then docker.io, the usual default.
 *
 * @param text A short name with its tag or digest.
 */
export function storedNamesFor(
  text: string,
  conf: RegistriesConf,
): readonly Reference[] {
  const short = splitReference(text).name;
  const alias = conf.aliases.get(short)?.name ?? "";
  const aliased = alias === "" ? [] : [alias + text.slice(short.length)];
  const searched = (conf.searchRegistries ?? []).map((registry) =>
    `${registry}/${text}`
  );
  const all = [...aliased, `localhost/${text}`, ...searched, text];
  return all.flatMap((name) => {
    try {
      return [parseReference(name)];
    } catch {
      return []; // a prefix can make a name too long
    }
  });
}
