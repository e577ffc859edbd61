/** Responses of registries to writes: OCI distribution-spec v1.1. */

import type { RegistryError } from "../../errors/image_errors.ts";
import { mediaTypeOf } from "../../formats/oci/media_types.ts";
import { errorOf, type ErrorOfOptions } from "../response_error.ts";

/** Why a web page is no answer. */
export const PAGE_PROBLEM =
  "the server sent a web page; is it a registry, or does a proxy or a login " +
  "page answer in its place?";

const ADVICE: Readonly<Record<number, string>> = {
  401: "it needs (other) credentials; use orlop login or --creds",
  403: "these credentials do not allow to push; use orlop login or --creds",
  404:
    "the registry does not know the repository; some require it to be created first",
  405: "the registry does not accept pushes; is it a mirror, or read-only?",
  413: "it is larger than the registry, or a proxy, accepts",
};

/** Makes an error of an answer that is no success, and reads it to its end. */
export async function pushErrorOf(
  response: Response,
  what: string,
  options: ErrorOfOptions,
): Promise<RegistryError> {
  const advice = ADVICE[response.status];
  return await errorOf(response, what, { ...options, advice });
}

/** Whether a response is a web page, which no registry sends. */
export function isPage({ headers }: Response): boolean {
  return mediaTypeOf(headers.get("content-type")) === "text/html";
}

/**
 * How many bytes of a blob a server has: its Range header. `0-0` means none, as
 * chunks are larger than one byte. Undefined if it does not say.
 */
export function offsetOf({ headers }: Response): number | undefined {
  const [, last] = /^(?:bytes[= ])?0-(\d{1,15})$/
    .exec(headers.get("range")?.trim() ?? "") ?? [];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}
