/** Opens images of registries by typed references. */

import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import {
  nameOf,
  type Reference,
  repositoryOf,
  splitReference,
} from "../../formats/oci/reference.ts";
import { combineFailures } from "../../registry/combine_failures.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import {
  checkAmbiguity,
  type ResolvedName,
  resolveName,
} from "../../registry/config/short_names.ts";
import { openRepository } from "../../registry/open_repository.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import type { OpenedSource } from "./opened_source.ts";

/** How to open an image of a registry. */
export interface OpenInRegistryOptions extends RegistryOptions {
  /** The parsed registries.conf, if the caller has read it already. */
  readonly conf?: RegistriesConf | undefined;
}

/** A short name may be on several registries: the first that has it counts. */
export async function openCandidates(
  name: string,
  options: OpenInRegistryOptions,
): Promise<OpenedSource> {
  const conf = options.conf ?? await loadRegistriesConf(options);
  const resolved = resolveName(name, conf);
  if (options.chooseName !== undefined && isAmbiguous(resolved, conf)) {
    return await openChosen(name, resolved, { ...options, conf });
  }
  const candidates = checkAmbiguity(name, resolved, conf);
  const failures: Error[] = [];
  for (const candidate of candidates) {
    try {
      return await openInRegistry(candidate, { ...options, conf });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (candidates.length === 1 || !(error instanceof Error)) throw error;
      failures.push(error);
    }
  }
  throw combineFailures(failures, {
    message: `Cannot ${options.verb ?? "pull"} "${name}": ` +
      failures.map(({ message }) => message).join("; "),
  });
}

/** Whether to ask the user: not if the mode is to try all silently. */
function isAmbiguous(
  { candidates }: ResolvedName,
  { shortNameMode }: RegistriesConf,
): boolean {
  return candidates.length > 1 && shortNameMode !== "disabled";
}

/** Opens the candidate that the user chooses. */
async function openChosen(
  typed: string,
  { candidates }: ResolvedName,
  options: OpenInRegistryOptions,
): Promise<OpenedSource> {
  const { chooseName, signal } = options;
  const choice = await chooseName?.(typed, candidates.map(nameOf), { signal });
  const reference = candidates.find((one) => nameOf(one) === choice);
  if (reference === undefined) {
    throw new InvalidImageNameError(
      `Cannot use "${choice}" for "${typed}": it is not among what was offered`,
    );
  }
  const opened = await openInRegistry(reference, options);
  const short = splitReference(typed).name;
  return { ...opened, chosen: { short, name: repositoryOf(reference) } };
}

/** Opens an image at the first of its endpoints that has it. */
export async function openInRegistry(
  reference: Reference,
  options: OpenInRegistryOptions,
): Promise<OpenedSource> {
  const source = await openRepository(reference, options);
  return {
    source,
    name: nameOf(reference),
    reference,
    // deno-lint-ignore require-await -- others have to wait
    [Symbol.asyncDispose]: async () => source[Symbol.dispose](),
  };
}
