/** Opens an image in a registry, wherever the configuration says it is. */

import type { RegistriesConf } from "../formats/config/registries_conf.ts";
import {
  familiarName,
  type Reference,
  repositoryOf,
} from "../formats/oci/reference.ts";
import { combineFailures } from "./combine_failures.ts";
import { type Endpoint, endpointsFor } from "./config/endpoints.ts";
import { loadRegistriesConf } from "./config/load_registries_conf.ts";
import { openEndpoint } from "./open_endpoint.ts";
import type { RegistryImage, RegistryOptions } from "./registry_image.ts";

/** Options of {@linkcode openRepository}. */
export interface OpenRepositoryOptions extends RegistryOptions {
  /** What registries.conf says, for those who have read it already. */
  readonly conf?: RegistriesConf | undefined;
}

/**
 * Opens an image: finds the first endpoint that has its manifest.
 *
 * @throws {PolicyError} If its registry is blocked.
 * @throws {UnauthorizedError} If credentials are missing or wrong.
 * @throws {BlobMismatchError} If an endpoint has other bytes, and none has it.
 * @throws {RegistryError} If no endpoint has it; with the answer of each.
 */
export async function openRepository(
  reference: Reference,
  options: OpenRepositoryOptions = {},
): Promise<RegistryImage> {
  const conf = options.conf ?? await loadRegistriesConf(options);
  const failures: { endpoint: Endpoint; error: Error }[] = [];
  for (const endpoint of endpointsFor(reference, conf)) {
    options.signal?.throwIfAborted();
    try {
      return await openEndpoint(endpoint, { ...options, reference, conf });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      failures.push({ endpoint, error });
    }
  }
  throw combine(reference, failures, options);
}

/** Combines the errors into one, with the answer of each. */
function combine(
  reference: Reference,
  failures: readonly { endpoint: Endpoint; error: Error }[],
  { verb = "pull" }: RegistryOptions,
): Error {
  const [first] = failures;
  if (first === undefined) throw new Error("no endpoint was tried");
  if (failures.length === 1) return first.error;
  const details = failures.map(({ endpoint, error }) =>
    `${repositoryOf(endpoint.reference)}: ${error.message}`
  );
  return combineFailures(failures.map(({ error }) => error), {
    message: `Cannot ${verb} "${familiarName(reference)}" from ` +
      `${failures.length} places: ${details.join("; ")}`,
    primary: failures.find(({ endpoint }) => !endpoint.isMirror)?.error,
  });
}
