/** Opens an image at one endpoint. */

import type { Endpoint } from "./config/endpoints.ts";
import {
  connectEndpoint,
  type ConnectEndpointOptions,
} from "./connect_endpoint.ts";
import type { RegistryImage } from "./registry_image.ts";
import { type FetchManifestOptions, Repository } from "./repository.ts";

/** Opens an image at one endpoint, and fetches its manifest. */
export async function openEndpoint(
  endpoint: Endpoint,
  options: ConnectEndpointOptions,
): Promise<RegistryImage> {
  return await connectEndpoint(
    endpoint,
    options,
    (settings, asking) => toImage(new Repository(settings), endpoint, asking),
  );
}

/** The manifest that proves the endpoint right is fetched only once. */
async function toImage(
  repository: Repository,
  { reference }: Endpoint,
  options: FetchManifestOptions,
): Promise<RegistryImage> {
  try {
    const first = await repository.fetchManifest(undefined, options);
    return {
      endpoint: reference,
      async fetchManifest(digest = first.digest, abortable = {}) {
        abortable.signal?.throwIfAborted();
        if (digest === first.digest) return first;
        return await repository.fetchManifest(digest, abortable);
      },
      open: (blob, opening) => repository.open(blob, opening),
      openRange: (blob, range) => repository.openRange(blob, range),
      url: repository.url,
      [Symbol.dispose]: () => repository[Symbol.dispose](),
    };
  } catch (error) {
    repository[Symbol.dispose]();
    throw error;
  }
}
