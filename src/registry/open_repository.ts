/** Opens an image in a registry, wherever the configuration says it is. */

import type { Abortable } from "../abort.ts";
import type { HttpBlobAccess, ImageSource } from "../formats/blob_source.ts";
import type { Credentials } from "../formats/auth_file.ts";
import {
  familiarName,
  type Reference,
  repositoryOf,
} from "../formats/reference.ts";
import { combineFailures } from "./combine_failures.ts";
import type { Surroundings } from "./config_paths.ts";
import { type Endpoint, endpointsFor } from "./endpoints.ts";
import { loadRegistriesConf } from "./load_registries_conf.ts";
import { openEndpoint } from "./open_endpoint.ts";
import type { RetryRules } from "./send_request.ts";

/** What users may say about registries; all else is read from files. */
export interface RegistryOptions extends Abortable, Surroundings {
  /** For the image's own registry only, never for its mirrors. */
  readonly credentials?: Credentials | undefined;
  /** The credential file to use in place of the user's. */
  readonly authFile?: string | undefined;
  /** The folder of certificates to use in place of certs.d. */
  readonly certDir?: string | undefined;
  /** `false` takes any certificate, and plain http. */
  readonly tlsVerify?: boolean | undefined;
  /** The registries.conf to use in place of the host's. */
  readonly registriesConf?: string | undefined;
  /** How patiently to try. */
  readonly retry?: RetryRules | undefined;
  /** Told what a user should know, but no error says. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** An image in a registry. Dispose it when its blobs are no longer read. */
export interface RegistryImage extends ImageSource, Disposable {
  /** How the same blobs are reached without it. */
  readonly access: HttpBlobAccess;
  /** The name that was really asked for: that of a mirror, perhaps. */
  readonly endpoint: Reference;
}

/**
 * Opens an image: finds the first endpoint that has its manifest.
 *
 * @throws {PolicyError} If its registry is blocked.
 * @throws {UnauthorizedError} If credentials are missing or wrong.
 * @throws {BlobMismatchError} If an endpoint has other bytes, and none has it.
 * @throws {RegistryError} If no endpoint has it; tells what each said.
 */
export async function openRepository(
  reference: Reference,
  options: RegistryOptions = {},
): Promise<RegistryImage> {
  const conf = await loadRegistriesConf(options);
  const failures: { endpoint: Endpoint; error: Error }[] = [];
  for (const endpoint of endpointsFor(reference, conf)) {
    options.signal?.throwIfAborted();
    try {
      return await openEndpoint(endpoint, { ...options, reference });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      failures.push({ endpoint, error });
    }
  }
  throw combine(reference, failures);
}

/** One error of all that says what each said. */
function combine(
  reference: Reference,
  failures: readonly { endpoint: Endpoint; error: Error }[],
): Error {
  const [first] = failures;
  if (first === undefined) throw new Error("no endpoint was tried");
  if (failures.length === 1) return first.error;
  const details = failures.map(({ endpoint, error }) =>
    `${repositoryOf(endpoint.reference)}: ${error.message}`
  );
  return combineFailures(failures.map(({ error }) => error), {
    message: `Cannot pull "${familiarName(reference)}" from ` +
      `${failures.length} places: ${details.join("; ")}`,
    primary: failures.find(({ endpoint }) => !endpoint.isMirror)?.error,
  });
}
