/** Opens a repository for a push. */

import { PolicyError } from "../../errors/store_errors.ts";
import {
  findRegistry,
  type RegistriesConf,
} from "../../formats/config/registries_conf.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import {
  familiarName,
  type Reference,
  repositoryOf,
} from "../../formats/oci/reference.ts";
import { blockedBy, type Endpoint } from "../config/endpoints.ts";
import { loadRegistriesConf } from "../config/load_registries_conf.ts";
import { connectEndpoint } from "../connect_endpoint.ts";
import { createHttpClient } from "../http_client.ts";
import { discardBody } from "../read_body.ts";
import type { RegistryOptions } from "../registry_image.ts";
import type { FetchManifestOptions, RepositoryOptions } from "../repository.ts";
import { createSender } from "../send_authorized.ts";
import { sendRequest } from "../send_request.ts";
import { pushErrorOf } from "./push_answers.ts";
import { RepositoryMedium } from "./repository_medium.ts";

/** Options of {@linkcode openPush}. */
export interface OpenPushOptions extends RegistryOptions {
  /** What registries.conf says, for those who have read it already. */
  readonly conf?: RegistriesConf | undefined;
  /**
   * Other repositories of the same registry that may have a blob, by their paths:
   * it is mounted from there instead of uploaded.
   */
  readonly mountFrom?:
    | ((digest: Digest) => Promise<readonly string[]>)
    | undefined;
  /** The chunk size in bytes, kept in memory until the server has it; 5 MiB. */
  readonly chunkSize?: number | undefined;
}

/**
 * Opens a repository that an image is pushed to. As in containers/image neither
 * mirrors nor rewritten names count: these are for pulls.
 *
 * @throws {PolicyError} If its registry is blocked.
 * @throws {UnauthorizedError} If credentials are missing or wrong.
 * @throws {RegistryError} If it does not answer as a registry does.
 */
export async function openPush(
  reference: Reference,
  options: OpenPushOptions = {},
): Promise<RepositoryMedium> {
  const conf = options.conf ?? await loadRegistriesConf(options);
  const endpoint = endpointOf(reference, conf);
  return await connectEndpoint(
    endpoint,
    { ...options, reference, conf },
    (settings, asking) => toMedium(settings, { ...options, ...asking }),
  );
}

function endpointOf(reference: Reference, conf: RegistriesConf): Endpoint {
  const entry = findRegistry(conf, repositoryOf(reference));
  if (entry?.blocked) {
    throw new PolicyError(
      `Cannot push "${familiarName(reference)}": ${blockedBy(entry)}`,
    );
  }
  return { reference, insecure: entry?.insecure ?? false, isMirror: false };
}

/** The first response shows whether it is a registry, and how to log in. */
async function toMedium(
  settings: RepositoryOptions,
  options: OpenPushOptions & FetchManifestOptions,
): Promise<RepositoryMedium> {
  const { registry, path, name, title, tls, retry } = settings;
  const { signal } = options;
  using opened = new DisposableStack();
  const client = opened.use(createHttpClient(tls));
  const ping = new URL("/v2/", registry);
  const response = await sendRequest(client, ping, {
    ...{ signal, retry: options.retry },
  });
  if (!response.ok && ![401, 403].includes(response.status)) {
    const what = `Cannot push "${title}": "${registry.host}" is no registry`;
    throw await pushErrorOf(response, what, { ...retry, signal });
  }
  await discardBody(response);
  const scopes = [`repository:${path}:pull,push`];
  const sender = createSender(client, { ...settings, scopes });
  const isChallenged = response.headers.has("www-authenticate");
  if (response.status === 401 && isChallenged) sender.expectLogin(response);
  const url = new URL(`/v2/${path}/`, registry);
  return new RepositoryMedium({
    access: { sender, url, retry },
    ...{ name, title },
    mountFrom: options.mountFrom,
    chunkSize: options.chunkSize,
    connection: opened.move(),
  });
}
