/** One upload of a blob: OCI distribution-spec v1.1, "Pushing blobs". */

import type { Abortable } from "../../errors/abort.ts";
import { RegistryError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { type Digest, isDigest } from "../../formats/oci/digest.ts";
import { findAddressProblem, showAddress } from "../address_rules.ts";
import { discardBody } from "../read_body.ts";
import {
  isTransient,
  mayPass,
  retryAfterMs,
  type RetryRules,
  type SendRequestOptions,
} from "../send_request.ts";
import type { Sender } from "../send_authorized.ts";
import { isPage, offsetOf, PAGE_PROBLEM, pushErrorOf } from "./push_answers.ts";

/** A repository that is written to. */
export interface UploadAccess {
  readonly sender: Sender;
  /** Such as `https://quay.io/v2/prometheus/busybox/`. */
  readonly url: URL;
  readonly retry?: RetryRules | undefined;
}

/** The result of a writing request. */
export type Step =
  /** The server has it; `offset` is how much it has of the blob, if it says. */
  | {
    readonly kind: "done";
    readonly offset?: number | undefined;
    readonly digest?: Digest | undefined;
  }
  /** It may have a part of it, or all: the offset must be queried. */
  | {
    readonly kind: "failed";
    readonly error: RegistryError;
    readonly waitMs: number;
  }
  /** It refuses it. */
  | { readonly kind: "refused"; readonly error: RegistryError };

/** A blob that another repository of the registry may have. */
export interface Mount {
  readonly digest: Digest;
  /** That repository's path. */
  readonly from: string;
}

/** Options of a session's requests. */
export interface SessionOptions extends Abortable {
  /** What cannot be done if it fails, such as `Cannot push layer "…"`. */
  readonly what: string;
}

const OCTETS = { "content-type": "application/octet-stream" } as const;
// Short, as the user waits after Ctrl-C.
const CANCEL_TIMEOUT_MS = 5000;
const ONE_TRY = { tries: 1, unansweredTries: 1 } as const;

/** An upload that a server has begun. It stays there until it ends or is cancelled. */
export class UploadSession {
  /** The least that the server takes at once, but for the last piece; in bytes. */
  readonly minChunkSize: number;
  readonly #access: UploadAccess;
  #location: URL;

  private constructor(
    access: UploadAccess,
    location: URL,
    minChunkSize: number,
  ) {
    this.#access = access;
    this.#location = location;
    this.minChunkSize = minChunkSize;
  }

  /**
   * Begins an upload, unless a mount succeeds.
   *
   * @throws {RegistryError} If the server does not begin one.
   */
  static async start(
    access: UploadAccess,
    { what, signal, mount }: SessionOptions & { readonly mount?: Mount },
  ): Promise<UploadSession | "mounted"> {
    const url = new URL("blobs/uploads/", access.url);
    const sender = mount === undefined
      ? access.sender
      : access.sender.extend([`repository:${mount.from}:pull`]);
    if (mount !== undefined) {
      url.searchParams.set("mount", mount.digest);
      url.searchParams.set("from", mount.from);
    }
    const response = await sender.send(url, { method: "POST", signal });
    if (!response.ok) {
      throw await pushErrorOf(response, what, { ...access.retry, signal });
    }
    await discardBody(response);
    if (mount !== undefined && response.status === 201) return "mounted";
    if (isPage(response)) throw malformed(what, PAGE_PROBLEM);
    const location = response.headers.get("location");
    if (location === null) throw malformed(what, "it names no upload location");
    const minimum = response.headers.get("oci-chunk-min-length") ?? "";
    return new UploadSession(
      access,
      await resolveLocation(location, url, what),
      /^\d{1,15}$/.test(minimum) ? Number(minimum) : 0,
    );
  }

  /** Sends bytes that begin at an offset of the blob. */
  async patch(
    { offset, size, body }: {
      readonly offset: number;
      /** Left out for a body that goes on to the blob's end. */
      readonly size?: number | undefined;
      readonly body: Bytes | (() => ReadableStream<Bytes>);
    },
    options: SessionOptions,
  ): Promise<Step> {
    const range = size === undefined
      ? {}
      : { "content-range": `${offset}-${offset + size - 1}` };
    const headers = { ...OCTETS, ...range };
    return await this.#step({ method: "PATCH", headers, body }, options);
  }

  /** Ends the upload: with the blob's last bytes, or all of them. */
  async finish(
    { digest, bytes }: { readonly digest: Digest; readonly bytes?: Bytes },
    options: SessionOptions,
  ): Promise<Step> {
    const url = new URL(this.#location);
    // Appended as text: the existing query may be signed.
    const query = url.search.replace(/^\?/, "");
    const parts = query === "" ? [] : [query];
    url.search = [...parts, `digest=${encodeURIComponent(digest)}`].join("&");
    const request = bytes === undefined ? {} : { body: bytes, headers: OCTETS };
    return await this.#step({ method: "PUT", ...request }, { ...options, url });
  }

  /** Queries the offset; undefined if the server lost the upload. */
  async findOffset({ signal }: Abortable): Promise<number | undefined> {
    const { sender, retry } = this.#access;
    const response = await sender.send(this.#location, { signal, retry });
    await discardBody(response);
    if (!response.ok || isPage(response)) return undefined;
    await this.#moveTo(response);
    return offsetOf(response) ?? 0;
  }

  /** Cancels the upload on the server, within a short time limit. */
  async cancel(): Promise<void> {
    try {
      const response = await this.#access.sender.send(this.#location, {
        method: "DELETE",
        signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS),
        retry: { ...this.#access.retry, ...ONE_TRY },
      });
      await discardBody(response);
    } catch {
      // Registries forget old uploads by themselves; what failed before counts.
    }
  }

  async #step(
    request: SendRequestOptions,
    { what, signal, url = this.#location }: SessionOptions & {
      readonly url?: URL;
    },
  ): Promise<Step> {
    const retry = { ...this.#access.retry, ...request.retry, ...ONE_TRY };
    try {
      const response = await this.#access.sender.send(url, {
        ...request,
        ...{ signal, retry },
      });
      if (response.ok) {
        const step = await this.#accept(response, what);
        // In the end it is the place of the blob.
        if (request.method === "PATCH") await this.#moveTo(response, what);
        return step;
      }
      const waitMs = retryAfterMs(response) ?? 0;
      const canPass = mayPass(response);
      const error = await pushErrorOf(response, what, { ...retry, signal });
      return canPass
        ? { kind: "failed", error, waitMs }
        : { kind: "refused", error };
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTransient(error)) throw error;
      const { message, cause } = error;
      const told = new RegistryError(`${what}: ${message}`, { cause });
      return { kind: "failed", error: told, waitMs: 0 };
    }
  }

  async #accept(response: Response, what: string): Promise<Step> {
    await discardBody(response);
    if (isPage(response)) {
      return { kind: "refused", error: malformed(what, PAGE_PROBLEM) };
    }
    const digest = response.headers.get("docker-content-digest") ?? "";
    return {
      kind: "done",
      offset: offsetOf(response),
      digest: isDigest(digest) ? digest : undefined,
    };
  }

  /** Each response may contain the next URL. */
  async #moveTo(response: Response, what = "Cannot push"): Promise<void> {
    const location = response.headers.get("location");
    if (location === null) return;
    this.#location = await resolveLocation(location, this.#location, what);
  }
}

/**
 * Resolves the next URL. Registries behind a TLS proxy often return http URLs: for
 * the same host, https is kept.
 */
async function resolveLocation(
  text: string,
  from: URL,
  what: string,
): Promise<URL> {
  const to = text.trim() === "" ? null : URL.parse(text, from);
  if (to === null) throw malformed(what, "it names no upload location");
  const isOwn = to.hostname === from.hostname && to.protocol === "http:" &&
    from.protocol === "https:";
  if (isOwn) {
    to.protocol = from.protocol;
    to.host = from.host;
    to.port = from.port;
  }
  const problem = await findAddressProblem(to, from);
  if (problem === undefined) return to;
  const shown = JSON.stringify(showAddress(to));
  throw new RegistryError(
    `${what}: upload location ${shown} refused (${problem})`,
    { reason: "untrusted" },
  );
}

function malformed(what: string, why: string): RegistryError {
  return new RegistryError(`${what}: ${why}`, { reason: "malformed" });
}
