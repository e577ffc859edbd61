/** Opens a part of a blob over HTTP, beside others: RFC 9110, 14. */

import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { BlobRange } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { hasRange } from "./open_blob.ts";
import { discardBody } from "../read_body.ts";
import type { RetryRules, SendRequestOptions } from "../send_request.ts";

/** How a part is asked for. */
export interface OpenRangeOptions extends BlobRange, Abortable {
  /** Where the blob is. */
  readonly url: URL;
  /** Sends a request, with a login if it needs one. */
  readonly send: (url: URL, request: SendRequestOptions) => Promise<Response>;
  readonly retry?: RetryRules | undefined;
}

/**
 * Opens a part. It does not retry if the server supports no ranges, or no more
 * connections, as parts are optional.
 *
 * @returns Undefined if the server answers with anything else.
 * @throws {RegistryError} If it does not answer.
 */
export async function openRange(
  { size }: Descriptor,
  { url, send, offset, end, signal, retry }: OpenRangeOptions,
): Promise<ReadableStream<Bytes> | undefined> {
  const response = await send(url, {
    signal,
    headers: { range: `bytes=${offset}-${end - 1}` },
    retry: { ...retry, tries: 1 },
  });
  const isPart = response.status === 206 &&
    hasRange(response, { offset, end, size });
  if (isPart && response.body !== null) return response.body;
  await discardBody(response);
  return undefined;
}
