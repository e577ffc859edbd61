/** Opens one blob over HTTP: OCI distribution-spec v1.1, "Pulling blobs". */

import type {
  HttpBlobAccess,
  OpenBlobOptions,
} from "../formats/blob_source.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { Descriptor } from "../formats/descriptor.ts";
import { BlobMismatchError, RegistryError } from "../image_errors.ts";
import { explainFailure } from "./explain_failure.ts";
import { createHttpClient, type HttpClient } from "./http_client.ts";
import { errorOf } from "./response_error.ts";
import {
  DEFAULT_HEADER_TIMEOUT_MS,
  type RetryRules,
  sendRequest,
} from "./send_request.ts";

/** Options of {@linkcode openBlob}. */
export interface OpenHttpBlobOptions extends OpenBlobOptions {
  readonly retry?: RetryRules | undefined;
  /** The one to use; left out, one is made for the access and kept. */
  readonly client?: HttpClient | undefined;
}

// The body may outlive the call, so clients are kept, one for each access.
const clients = new WeakMap<HttpBlobAccess, HttpClient>();
const SKIP_BUFFER_SIZE = 64 * 1024;

/**
 * Opens a blob of a repository. Needs no permission but that to connect.
 *
 * @throws {UnauthorizedError} If the access has ended: get another one.
 * @throws {HostNotPermittedError} If the blob is on a host that this thread
 * may not connect to; the error names it.
 * @throws {BlobMismatchError} If the server announces another size.
 */
export async function openBlob(
  access: HttpBlobAccess,
  blob: Descriptor,
  options: OpenHttpBlobOptions = {},
): Promise<ReadableStream<Bytes>> {
  const { offset = 0, client = clientFor(access) } = options;
  // Some registries answer an empty range with nonsense: do not ask.
  if (offset === blob.size) return new Blob([]).stream();
  const url = new URL(`blobs/${blob.digest}`, access.repositoryUrl);
  const response = await sendRequest(client, url, {
    ...options,
    authorization: access.authorization,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
  });
  const what = `Cannot pull layer "${blob.digest}"`;
  // Whatever the registry calls it: it has an image that needs this blob.
  const codes = { notFound: "BLOB_UNKNOWN" };
  if (!response.ok) throw await errorOf(response, what, codes);
  const problem = findProblem(response, { blob, offset });
  if (problem !== undefined || response.body === null) {
    await response.body?.cancel();
    const why = problem ?? "server sent no body";
    throw response.status === 206
      ? new RegistryError(`${what}: ${why}`, { status: 206 })
      : new BlobMismatchError(`${what}: ${why}`);
  }
  if (response.status === 206) return response.body;
  await skip(response.body, offset, { ...options, what });
  return response.body;
}

function clientFor(access: HttpBlobAccess): HttpClient {
  const client = clients.get(access) ?? createHttpClient(access);
  clients.set(access, client);
  return client;
}

function findProblem(
  response: Response,
  { blob, offset }: { blob: Descriptor; offset: number },
): string | undefined {
  if (response.status === 206) {
    const range = response.headers.get("content-range") ?? "";
    const [, from, last, total] =
      /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range.trim()) ?? [];
    const isRight = Number(from) === offset &&
      Number(last) === blob.size - 1 &&
      (total === "*" || Number(total) === blob.size);
    return isRight ? undefined : `server sent range "${range.slice(0, 80)}" ` +
      `instead of ${offset} to ${blob.size - 1}`;
  }
  const length = response.headers.get("content-length");
  if (length === null || Number(length) === blob.size) return undefined;
  return `server sends ${length.slice(0, 20)} bytes, expected ${blob.size}`;
}

/**
 * Reads over the beginning, for servers that know no ranges. To them it is a
 * part of the answer, to us of waiting for it: that has the same time limit.
 */
async function skip(
  body: ReadableStream<Bytes>,
  count: number,
  { what, retry, signal }: OpenHttpBlobOptions & { readonly what: string },
): Promise<void> {
  if (count === 0) return;
  const silenceMs = retry?.headerTimeoutMs ?? DEFAULT_HEADER_TIMEOUT_MS;
  const reader = body.getReader({ mode: "byob" });
  try {
    for (let left = count; left > 0;) {
      // A view that ends where the wanted bytes begin.
      const view = new Uint8Array(Math.min(left, SKIP_BUFFER_SIZE));
      const { done, value } = await inTime(reader.read(view), silenceMs);
      if (done) break;
      left -= value.byteLength;
    }
    reader.releaseLock();
  } catch (cause) {
    await reader.cancel().catch(() => {}); // `cause` is what there is to tell
    signal?.throwIfAborted();
    const why = explainFailure(cause);
    throw new RegistryError(`${what}: ${why}`, { cause });
  }
}

async function inTime<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const error = new Error(`no data for ${limitMs / 1000} s`);
  const timer = setTimeout(() => late.reject(error), limitMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
