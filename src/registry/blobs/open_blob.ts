/** Opens one blob over HTTP: OCI distribution-spec v1.1, "Pulling blobs". */

import { BlobMismatchError, RegistryError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type {
  BlobRange,
  OpenBlobOptions,
} from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import {
  encodingOf,
  encodingProblem,
  unpackBody,
} from "../content_encoding.ts";
import { explainFailure } from "../explain_failure.ts";
import type { HttpRequest } from "../http/http_request.ts";
import { discardBody } from "../read_body.ts";
import { errorOf } from "../response_error.ts";
import type { RetryRules } from "../send_request.ts";
import { watchTransfer } from "./watch_transfer.ts";

/** How to request a blob. */
export interface OpenHttpBlobOptions extends OpenBlobOptions {
  /** Where the blob is. */
  readonly url: URL;
  /** Sends a request, with a login if it needs one. */
  readonly send: (url: URL, request: HttpRequest) => Promise<Response>;
  readonly retry?: RetryRules | undefined;
}

const SKIP_BUFFER_SIZE = 64 * 1024;

/**
 * Opens a blob of a repository. Its bytes are unproven.
 *
 * @throws {UnauthorizedError} If there is no login for it.
 * @throws {BlobMismatchError} If the server announces another size.
 */
export async function openBlob(
  blob: Descriptor,
  options: OpenHttpBlobOptions,
): Promise<ReadableStream<Bytes>> {
  const { offset = 0, url, send, signal } = options;
  // Some registries answer an empty range incorrectly: send no request.
  if (offset === blob.size) return new Blob([]).stream();
  const headers = { ...(offset > 0 && { range: `bytes=${offset}-` }) };
  const response = await send(url, { signal, headers });
  const what = `Cannot pull layer "${blob.digest}"`;
  // The code for a 404, whatever the registry's error is.
  const notFound = "BLOB_UNKNOWN";
  if (!response.ok) {
    throw await errorOf(response, what, { ...options.retry, signal, notFound });
  }
  const isPacked = isPackedBody(response, blob);
  const problem = findProblem(response, { blob, offset, isPacked });
  if (problem !== undefined || response.body === null) {
    await discardBody(response);
    const why = problem ?? "server sent no body";
    throw response.status === 206
      ? new RegistryError(`${what}: ${why}`, {
        status: 206,
        reason: "malformed",
      })
      : new BlobMismatchError(`${what}: ${why}`);
  }
  if (response.status === 206) return response.body;
  const body = isPacked ? unpackBody(response.body) : response.body;
  await skip(body, offset, { ...options, what });
  return body;
}

/**
 * Whether a body is compressed in transit. Some servers report the blob's own
 * compression as encoding; then the length is the blob's, or the blob is known to
 * be compressed.
 */
function isPackedBody(
  response: Response,
  { size, mediaType }: Descriptor,
): boolean {
  if (encodingOf(response) !== "gzip") return false;
  const length = lengthOf(response);
  return length === undefined ? !/gzip$/.test(mediaType) : length !== size;
}

/**
 * What Content-Length says: RFC 9112, 6.3. Ignored with chunked encoding; repeated
 * equal values count once. NaN if malformed.
 */
function lengthOf({ headers }: Response): number | undefined {
  const text = headers.get("content-length");
  if (text === null || headers.has("transfer-encoding")) return undefined;
  const [length, ...others] = new Set(text.split(",").map(Number));
  return others.length > 0 ? NaN : length;
}

function findProblem(
  response: Response,
  { blob, offset, isPacked }: {
    readonly blob: Descriptor;
    readonly offset: number;
    readonly isPacked: boolean;
  },
): string | undefined {
  if (response.status === 206) {
    const { size } = blob;
    if (hasRange(response, { offset, end: size, size })) return undefined;
    const range = response.headers.get("content-range") ?? "";
    return `server sent range "${range.slice(0, 80)}" ` +
      `instead of ${offset} to ${size - 1}`;
  }
  const length = lengthOf(response);
  const isRight = isPacked || length === undefined || length === blob.size;
  if (isRight) return undefined;
  return encodingOf(response) === "other"
    ? encodingProblem(response)
    : `server sends ${length} bytes, expected ${blob.size}`;
}

/** Whether an answer of status 206 has a part of a blob: RFC 9110, 14.4. */
export function hasRange(
  response: Response,
  { offset, end, size }: BlobRange & Pick<Descriptor, "size">,
): boolean {
  const range = response.headers.get("content-range") ?? "";
  const [, from, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range.trim()) ?? [];
  return encodingOf(response) !== "gzip" &&
    Number(from) === offset &&
    Number(last) === end - 1 &&
    (total === "*" || Number(total) === size);
}

/** Skips the beginning, for servers without ranges, with the usual time limits. */
async function skip(
  body: ReadableStream<Bytes>,
  count: number,
  { what, retry, signal }: OpenHttpBlobOptions & { readonly what: string },
): Promise<void> {
  if (count === 0) return;
  const reader = body.getReader({ mode: "byob" });
  const cancel = () => void reader.cancel().catch(() => {});
  using watch = watchTransfer(cancel, retry);
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for (let left = count; left > 0;) {
      // A view that ends where the wanted bytes begin.
      const view = new Uint8Array(Math.min(left, SKIP_BUFFER_SIZE));
      watch.begin();
      const { done, value } = await reader.read(view);
      watch.end(value?.byteLength ?? 0);
      if (watch.problem !== undefined) throw new Error(watch.problem);
      if (done) break;
      left -= value.byteLength;
    }
    signal?.throwIfAborted();
    reader.releaseLock();
  } catch (cause) {
    cancel(); // `cause` is what there is to tell
    signal?.throwIfAborted();
    const why = watch.problem ?? explainFailure(cause);
    throw new RegistryError(`${what}: ${why}`, {
      cause,
      reason: "interrupted",
    });
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
