/** Layers that need not be distributed: OCI image-spec v1.1, descriptor.md, "urls". */

import { RegistryError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { findAddressProblem } from "../address_rules.ts";
import { openBlob, type OpenHttpBlobOptions } from "./open_blob.ts";

/** Options of {@linkcode openElsewhere}. */
export interface OpenElsewhereOptions extends Omit<OpenHttpBlobOptions, "url"> {
  /** The registry whose manifest has the URLs: they are checked like redirects. */
  readonly registry: URL;
  /** Why the registry does not give the blob. */
  readonly refusal: RegistryError;
}

// Each may take minutes to fail.
const MAX_URLS = 3;

/**
 * Opens a blob that the registry does not have, at one of the places that its
 * descriptor names. No login must be sent there.
 *
 * @throws {RegistryError} If none has it; says why not.
 */
export async function openElsewhere(
  blob: Descriptor,
  options: OpenElsewhereOptions,
): Promise<ReadableStream<Bytes>> {
  const { registry, refusal, signal } = options;
  const failures: string[] = [];
  for (const text of blob.urls?.slice(0, MAX_URLS) ?? []) {
    const url = URL.parse(text);
    const problem = url === null
      ? "no URL"
      : await findAddressProblem(url, registry);
    if (url === null || problem !== undefined) {
      failures.push(`url ${JSON.stringify(shown(text))} refused (${problem})`);
      continue;
    }
    try {
      return await openBlob(blob, { ...options, url });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RegistryError)) throw error;
      failures.push(`"${url.host}": ${error.message}`);
    }
  }
  const { message, status, code, reason } = refusal;
  const text = [message, ...failures].join("; ");
  throw new RegistryError(text, { status, code, reason, cause: refusal });
}

/** Presigned URLs are secrets: the query is not shown. */
function shown(url: string): string {
  return url.replace(/\?.*$/s, "").slice(0, 200);
}
