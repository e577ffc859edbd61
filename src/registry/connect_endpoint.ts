/** Connects to one endpoint, by https or http, with its certificates. */

import { RegistryError } from "../errors/image_errors.ts";
import type { RegistriesConf } from "../formats/config/registries_conf.ts";
import { familiarName, type Reference } from "../formats/oci/reference.ts";
import { isLoopback } from "./address_rules.ts";
import { findCredentials } from "./auth/find_credentials.ts";
import type { Endpoint } from "./config/endpoints.ts";
import { loadCertificates } from "./config/load_certificates.ts";
import { explainFailure, isCertificateProblem } from "./explain_failure.ts";
import type { RegistryOptions } from "./registry_image.ts";
import type { FetchManifestOptions, RepositoryOptions } from "./repository.ts";

/** Settings for both schemes. */
type ConnectionSettings = Omit<RepositoryOptions, "registry">;

/** Options of {@linkcode connectEndpoint}. */
export interface ConnectEndpointOptions extends RegistryOptions {
  /** What the user asked for; the endpoint may have another name for it. */
  readonly reference: Reference;
  /** What led to the endpoint; it also names who is asked for credentials. */
  readonly conf: RegistriesConf;
}

/** One way to connect to a registry. */
export interface Attempt {
  readonly scheme: "https" | "http";
  /** Whether the certificate is not verified. */
  readonly insecure: boolean;
}

/**
 * Finds the scheme with which an endpoint answers.
 *
 * @param use Sends a request; fails as unreachable if there is no response.
 */
export async function connectEndpoint<T>(
  endpoint: Endpoint,
  options: ConnectEndpointOptions,
  use: (
    settings: RepositoryOptions,
    options: FetchManifestOptions,
  ) => Promise<T>,
): Promise<T> {
  const attempts = attemptsFor(endpoint, options);
  const settings = await prepare(endpoint, options);
  const unanswered: RegistryError[] = [];
  for (const [index, attempt] of attempts.entries()) {
    // The next scheme is a better idea than the same one again.
    const isLast = index === attempts.length - 1;
    const first = isLast ? {} : { unansweredTries: 1 };
    try {
      const connection = settingsFor(attempt, endpoint, settings);
      const retry = { ...options.retry, ...first };
      return await use(connection, { signal: options.signal, retry });
    } catch (error) {
      options.signal?.throwIfAborted();
      const [https] = unanswered;
      if (https !== undefined && isRefusalOfHttp(error)) {
        throw combineSchemes(https, error, endpoint);
      }
      if (!isUnanswered(error)) throw error;
      unanswered.push(error);
    }
  }
  throw unanswered[0];
}

/** Plain http is tried only for insecure or local endpoints. */
export function attemptsFor(
  { reference, insecure }: Endpoint,
  { tlsVerify }: Pick<RegistryOptions, "tlsVerify">,
): readonly Attempt[] {
  const isInsecure = tlsVerify === undefined ? insecure : !tlsVerify;
  const { hostname } = new URL(`https://${reference.domain}`);
  const isLocal = tlsVerify === undefined && isLoopback(hostname);
  const https: Attempt = { scheme: "https", insecure: isInsecure };
  const http: Attempt = { scheme: "http", insecure: false };
  return isInsecure || isLocal ? [https, http] : [https];
}

async function prepare(
  endpoint: Endpoint,
  options: ConnectEndpointOptions,
): Promise<ConnectionSettings> {
  const { reference } = endpoint;
  const isOwn = reference.domain === options.reference.domain;
  const given = isOwn ? options.credentials : undefined;
  const { credentialHelpers = [] } = options.conf;
  const title = familiarName(options.reference);
  return {
    title,
    verb: options.verb,
    path: reference.path,
    name: reference.digest ?? reference.tag ?? "latest",
    tls: await loadCertificates(reference.domain, options),
    credentials: given ??
      await findCredentials(reference, { ...options, credentialHelpers }),
    onWarning: options.onWarning,
    retry: options.retry,
  };
}

function settingsFor(
  { scheme, insecure }: Attempt,
  { reference }: Endpoint,
  settings: ConnectionSettings,
): RepositoryOptions {
  return {
    ...settings,
    registry: new URL(`${scheme}://${hostOf(reference)}`),
    tls: { ...settings.tls, ...(insecure ? { insecure } : {}) },
  };
}

/** Docker Hub's API is not at the name that its images have. */
export function hostOf({ domain }: Reference): string {
  return domain === "docker.io" ? "registry-1.docker.io" : domain;
}

function isUnanswered(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.reason === "unreachable";
}

/** After both schemes failed, omit the advice to try the other. */
function combineSchemes(
  https: RegistryError,
  http: RegistryError,
  { reference }: Endpoint,
): RegistryError {
  // What an https server says to http is no answer to our question.
  if (isCertificateProblem(https.cause)) return https;
  const [first, second] = [https, http].map(({ cause, reason, status }) =>
    reason === "unreachable"
      ? explainFailure(cause, { advice: "none" })
      : `it answers with status ${status}`
  );
  if (first === second) return https;
  return new RegistryError(
    `Cannot reach "${
      hostOf(reference)
    }": by https, ${first}; by http, ${second}`,
    { cause: http },
  );
}

function isRefusalOfHttp(error: unknown): error is RegistryError {
  return isUnanswered(error) ||
    (error instanceof RegistryError && error.status === 400);
}
