/** Tries a login: `GET /v2/` of the distribution-spec, "Determining Support". */

import { PolicyError } from "../errors/store_errors.ts";
import { UnauthorizedError } from "../errors/image_errors.ts";
import type { Credentials } from "../formats/config/auth_file.ts";
import {
  findRegistry,
  type RegistriesConf,
} from "../formats/config/registries_conf.ts";
import type { Reference } from "../formats/oci/reference.ts";
import { connectEndpoint } from "./connect_endpoint.ts";
import { createHttpClient } from "./http_client.ts";
import { discardBody } from "./read_body.ts";
import type { RegistryOptions } from "./registry_image.ts";
import type { FetchManifestOptions, RepositoryOptions } from "./repository.ts";
import { errorOf } from "./response_error.ts";
import { createSender } from "./send_authorized.ts";

/** Options of {@linkcode checkLogin}. */
export interface CheckLoginOptions extends RegistryOptions {
  /** Which registries need no TLS, and which are blocked. */
  readonly conf: RegistriesConf;
}

/**
 * Asks a registry whether it takes credentials.
 *
 * @param registry Such as `quay.io`, or `localhost:5000`.
 * @returns What to keep: in place of a password an identity token that stands for
 *   it, if the registry's token service has given one and takes it.
 * @throws {UnauthorizedError} If the registry refuses them.
 * @throws {PolicyError} If registries.conf blocks it.
 * @throws {RegistryError} If it does not answer as registries do.
 */
export async function checkLogin<C extends Credentials>(
  registry: string,
  credentials: C,
  options: CheckLoginOptions,
): Promise<C | Extract<Credentials, { kind: "identity-token" }>> {
  const entry = findRegistry(options.conf, registry);
  if (entry?.blocked) {
    throw new PolicyError(
      `Cannot log in to "${registry}": it is blocked in "${entry.source}"`,
    );
  }
  // Nothing is asked of a repository: its name is never sent.
  const reference: Reference = { domain: registry, path: "v2" };
  const insecure = entry?.insecure ?? false;
  return await connectEndpoint(
    { reference, insecure, isMirror: false },
    { ...options, reference, credentials },
    (settings, trying) => tryBoth(credentials, settings, trying),
  );
}

/** Tries them, and the identity token that comes of a password. */
async function tryBoth<C extends Credentials>(
  credentials: C,
  settings: RepositoryOptions,
  options: FetchManifestOptions,
): Promise<C | Extract<Credentials, { kind: "identity-token" }>> {
  const token = await tryLogin(credentials, settings, options);
  if (token === undefined || credentials.kind !== "password") {
    return credentials;
  }
  const { username } = credentials;
  const identity = { kind: "identity-token", username, token } as const;
  try {
    await tryLogin(identity, settings, options);
    return identity;
  } catch {
    options.signal?.throwIfAborted();
    return credentials; // it gives tokens, but takes none
  }
}

/** Returns the refresh token that the token service has given, if any. */
async function tryLogin(
  credentials: Credentials,
  { registry, tls }: RepositoryOptions,
  { signal, retry }: FetchManifestOptions,
): Promise<string | undefined> {
  let refreshToken: string | undefined;
  using client = createHttpClient(tls);
  const { send } = createSender(client, {
    ...{ registry, credentials, retry, scopes: [] },
    onRefreshToken: (token) => refreshToken = token,
  });
  const what = `Cannot log in to "${registry.host}"`;
  try {
    const response = await send(new URL("/v2/", registry), { signal, retry });
    if (!response.ok) throw await errorOf(response, what, { ...retry, signal });
    await discardBody(response);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { status, code } = error;
    throw new UnauthorizedError(`${what}: invalid username/password`, {
      ...{ status, code },
      cause: error,
    });
  }
  return refreshToken;
}

/** 403 may be a firewall's, or say that the address is locked out. */
function isRefusal(error: unknown): error is UnauthorizedError {
  return error instanceof UnauthorizedError && error.status === 401;
}
