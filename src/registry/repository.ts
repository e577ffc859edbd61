/** One repository behind one URL: its manifests and blobs. */

import type { Abortable } from "../abort.ts";
import { RegistryError, UnauthorizedError } from "../errors.ts";
import type {
  HttpBlobAccess,
  ImageSource,
  RawManifest,
} from "../formats/blob_source.ts";
import type { Bytes } from "../formats/bytes.ts";
import { digestOf, isDigest } from "../formats/digest.ts";
import { MAX_MANIFEST_SIZE } from "../formats/manifest.ts";
import { ACCEPTED_MANIFESTS, mediaTypeOf } from "../formats/media_types.ts";
import { verifyBytes } from "../formats/verify_bytes.ts";
import { type Authorizer, createAuthorizer } from "./authorizer.ts";
import type { Credentials } from "../formats/auth_file.ts";
import { cleanText, explainFailure } from "./explain_failure.ts";
import { createHttpClient, type TlsSettings } from "./http_client.ts";
import { openBlob } from "./open_blob.ts";
import { readBody } from "./read_body.ts";
import { errorOf } from "./response_error.ts";
import {
  type RetryRules,
  sendRequest,
  type SendRequestOptions,
} from "./send_request.ts";

/** A repository in a registry. */
export interface Repository extends ImageSource, Disposable {
  /** Fetches a manifest by its tag or digest; the bytes are verified. */
  fetchNamed(name: string, options?: Abortable): Promise<RawManifest>;
  readonly access: HttpBlobAccess;
}

/** Options of {@linkcode connectRepository}. */
export interface RepositoryOptions {
  /** Such as `https://quay.io`. */
  readonly registry: URL;
  /** Such as `prometheus/busybox`. */
  readonly path: string;
  /** The tag or digest that the source is for. */
  readonly name: string;
  /** What the user calls the image, for errors. */
  readonly title: string;
  readonly tls?: TlsSettings | undefined;
  readonly credentials?: Credentials | undefined;
  readonly retry?: RetryRules | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

// Enough of a registry's warning to be understood.
const MAX_WARNING = 200;

/** Creates a repository; nothing is sent yet. */
export function connectRepository(options: RepositoryOptions): Repository {
  const { registry, path, name, title, tls = {}, retry } = options;
  const client = createHttpClient(tls);
  const repositoryUrl = new URL(`/v2/${path}/`, registry);
  const scope = `repository:${path}:pull`;
  const authorizer = createAuthorizer(client, { ...options, scope });
  return {
    fetchManifest: (digest, abortable) => fetchNamed(digest ?? name, abortable),
    fetchNamed,
    async open(blob, { offset = 0, signal } = {}) {
      const open = () =>
        openBlob(currentAccess(), blob, { offset, signal, client, retry });
      await authorizer.prepare({ signal });
      try {
        return await open();
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
        // A token ended before its time: one new one, then no more.
        await challenge({ signal });
        return await open();
      }
    },
    get access() {
      return currentAccess();
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };

  async function fetchNamed(
    name: string,
    { signal }: Abortable = {},
  ): Promise<RawManifest> {
    const url = new URL(`manifests/${name}`, repositoryUrl);
    const headers = { accept: ACCEPTED_MANIFESTS.join(", ") };
    const response = await send(url, { headers, signal });
    const what = `Cannot pull "${title}"`;
    if (!response.ok) throw await errorOf(response, what);
    if (options.onWarning !== undefined) warn(response, options.onWarning);
    const bytes = await readManifest(response, { what, signal });
    return verify(bytes, { response, name, what });
  }

  /** Sends with a login, and once more with a new one after a 401. */
  async function send(
    url: URL,
    request: SendRequestOptions,
  ): Promise<Response> {
    const authorization = await authorizer.prepare(request);
    const first = { ...request, retry, authorization };
    const response = await sendRequest(client, url, first);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    const header = response.headers.get("www-authenticate");
    const next = header === null
      ? await challenge(request)
      : await authorizer.answer(header, request);
    return await sendRequest(client, url, { ...first, authorization: next });
  }

  /** Asks the registry itself how to log in: some say it nowhere else. */
  async function challenge({ signal }: Abortable): Promise<string> {
    const url = new URL("/v2/", registry);
    const response = await sendRequest(client, url, { signal, retry });
    await response.body?.cancel();
    const header = response.headers.get("www-authenticate");
    return await authorizer.answer(header, { signal });
  }

  function currentAccess(): HttpBlobAccess {
    return accessOf(repositoryUrl, authorizer, tls);
  }
}

function accessOf(
  repositoryUrl: URL,
  { header }: Authorizer,
  tls: TlsSettings,
): HttpBlobAccess {
  return {
    kind: "http",
    repositoryUrl: repositoryUrl.href,
    ...tls,
    ...(header === undefined ? {} : { authorization: header }),
  };
}

async function readManifest(
  response: Response,
  { what, signal }: Abortable & { what: string },
): Promise<Bytes> {
  try {
    return await readBody(response, { maxSize: MAX_MANIFEST_SIZE, signal });
  } catch (cause) {
    signal?.throwIfAborted();
    const why = cause instanceof RangeError
      ? `manifest is ${cause.message} (reading stopped)`
      : explainFailure(cause);
    throw new RegistryError(`${what}: ${why}`, { cause, status: 200 });
  }
}

/** The digest is over the bytes as they came; all names of it must agree. */
function verify(
  bytes: Bytes,
  { response, name, what }: { response: Response; name: string; what: string },
): RawManifest {
  const mediaType = mediaTypeOf(response.headers.get("content-type"));
  const stated = response.headers.get("docker-content-digest") ?? "";
  for (const digest of [name, stated].filter(isDigest)) {
    verifyBytes(bytes, digest, `${what}: manifest`);
  }
  return { bytes, mediaType, digest: isDigest(name) ? name : digestOf(bytes) };
}

function warn(
  response: Response,
  onWarning: (message: string) => void,
): void {
  const warning = response.headers.get("warning") ?? "";
  const [, text] = /^299 \S+ "([^"]*)"/.exec(warning) ?? [];
  if (text !== undefined) onWarning(cleanText(text, MAX_WARNING));
}
