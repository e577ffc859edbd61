/** Blobs over HTTP without a repository around them: no login, any client. */

import type { BlobSource } from "../../../src/formats/oci/blob_source.ts";
import { createHttpClient } from "../../../src/registry/http_client.ts";
import type { TlsSettings } from "../../../src/registry/http/http_request.ts";
import { openBlob } from "../../../src/registry/blobs/open_blob.ts";
import {
  type RetryRules,
  sendRequest,
} from "../../../src/registry/send_request.ts";

/** A repository, and how its server proves itself. */
export interface HttpBlobAccess extends TlsSettings {
  readonly repositoryUrl: string;
}

/** A source of blobs. Dispose it when they are read. */
export interface HttpBlobs extends BlobSource, Disposable {}

/** Opens blobs: `using blobs = httpBlobs(access);`. */
export function httpBlobs(
  access: HttpBlobAccess,
  retry?: RetryRules,
): HttpBlobs {
  const { repositoryUrl } = access;
  const client = createHttpClient(access);
  return {
    open: (blob, options) =>
      openBlob(blob, {
        ...options,
        ...{ url: new URL(`blobs/${blob.digest}`, repositoryUrl), retry },
        send: (url, request) => sendRequest(client, url, { ...request, retry }),
      }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}
