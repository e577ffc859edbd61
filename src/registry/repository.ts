/** One repository behind one URL: its manifests and blobs. */

import type { Abortable } from "../errors/abort.ts";
import { BlobMismatchError, RegistryError } from "../errors/image_errors.ts";
import { type Bytes, toText } from "../formats/bytes.ts";
import type { Credentials } from "../formats/config/auth_file.ts";
import type {
  BlobRange,
  ImageSource,
  OpenBlobOptions,
  RawManifest,
} from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import { type Digest, isDigest } from "../formats/oci/digest.ts";
import { digestOf } from "../formats/oci/digest_of.ts";
import { MAX_MANIFEST_SIZE } from "../formats/oci/manifest.ts";
import { ACCEPTED_MANIFESTS, mediaTypeOf } from "../formats/oci/media_types.ts";
import { verifyBytes } from "../formats/oci/verify_bytes.ts";
import { encodingOf, encodingProblem } from "./content_encoding.ts";
import { cleanText, explainFailure } from "./explain_failure.ts";
import { createHttpClient, type HttpClient } from "./http_client.ts";
import type { TlsSettings } from "./http/http_request.ts";
import { openBlob } from "./blobs/open_blob.ts";
import { openElsewhere } from "./blobs/open_elsewhere.ts";
import { openRange } from "./blobs/open_range.ts";
import { discardBody, LateBodyError, readBody } from "./read_body.ts";
import type { RegistryOptions } from "./registry_image.ts";
import { errorOf } from "./response_error.ts";
import { createSender, type Sender } from "./send_authorized.ts";
import { type RetryRules, sendRequest } from "./send_request.ts";
import { hideSecrets } from "./sent_secrets.ts";

/** Options of a {@linkcode Repository}. */
export interface RepositoryOptions {
  /** Such as `https://quay.io`. */
  readonly registry: URL;
  /** Such as `prometheus/busybox`. */
  readonly path: string;
  /** The tag or digest that the source is for. */
  readonly name: string;
  /** What the user calls the image, for errors. */
  readonly title: string;
  /** What it is wanted for, for errors. */
  readonly verb?: RegistryOptions["verb"];
  readonly tls?: TlsSettings | undefined;
  readonly credentials?: Credentials | undefined;
  readonly retry?: RetryRules | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Options of {@linkcode Repository.fetchManifest}. */
export interface FetchManifestOptions extends Abortable {
  /** How to retry this request; by default as all others. */
  readonly retry?: RetryRules | undefined;
}

// Enough of a registry's warning to be understood.
const MAX_WARNING = 200;
const MAX_WARNINGS = 5;

/** A repository in a registry. Owns connections: dispose it. */
export class Repository implements ImageSource, Disposable {
  readonly #options: RepositoryOptions;
  readonly #client: HttpClient;
  readonly #sender: Sender;
  readonly #url: URL;

  /** Sends nothing yet. */
  constructor(options: RepositoryOptions) {
    const { registry, path, tls } = options;
    this.#options = options;
    this.#client = createHttpClient(tls);
    this.#url = new URL(`/v2/${path}/`, registry);
    const scopes = [`repository:${path}:pull`];
    this.#sender = createSender(this.#client, { ...options, scopes });
  }

  /** Such as `https://quay.io/v2/prometheus/busybox/`. */
  get url(): URL {
    return new URL(this.#url);
  }

  /**
   * Fetches a manifest; its bytes are verified. Wrong or truncated bytes are
   * requested once more: the transfer may have corrupted them.
   *
   * @throws {BlobMismatchError} If the digest differs from the requested one.
   * @throws {RegistryError} If the registry has none, or fails.
   */
  async fetchManifest(
    digest?: Digest,
    options: FetchManifestOptions = {},
  ): Promise<RawManifest> {
    const name = digest ?? this.#options.name;
    try {
      return await this.#fetchManifest(name, options);
    } catch (error) {
      const isCut = error instanceof RegistryError &&
        error.reason === "interrupted" &&
        !(error.cause instanceof LateBodyError);
      const isCorrupted = error instanceof BlobMismatchError || isCut;
      if (!isCorrupted || this.#options.retry?.tries === 1) throw error;
      return await this.#fetchManifest(name, options);
    }
  }

  async #fetchManifest(
    name: string,
    { signal, retry = this.#options.retry }: FetchManifestOptions,
  ): Promise<RawManifest> {
    const { title, verb = "pull", onWarning } = this.#options;
    const url = new URL(`manifests/${name}`, this.#url);
    const headers = { accept: ACCEPTED_MANIFESTS.join(", ") };
    const response = await this.#sender.send(url, { headers, signal, retry });
    const what = `Cannot ${verb} "${title}"`;
    if (!response.ok) throw await errorOf(response, what, { ...retry, signal });
    const bytes = await readManifest(response, { ...retry, what, signal });
    const problem = findNoManifest(bytes, response);
    if (problem !== undefined) {
      throw new RegistryError(`${what}: ${problem}`, { reason: "malformed" });
    }
    if (onWarning !== undefined) warn(response, onWarning);
    return verify(bytes, { response, name, what });
  }

  /**
   * Asks whether there is a manifest, and which; registries count it less than
   * fetching one.
   *
   * @returns Its digest; undefined if the server does not tell.
   * @throws {RegistryError} If the registry has none, or fails.
   */
  async lookUpManifest(
    { signal, retry = this.#options.retry }: FetchManifestOptions = {},
  ): Promise<Digest | undefined> {
    const { title, verb = "pull", name } = this.#options;
    const url = new URL(`manifests/${name}`, this.#url);
    const headers = { accept: ACCEPTED_MANIFESTS.join(", ") };
    const request = { method: "HEAD", headers, signal, retry } as const;
    const response = await this.#sender.send(url, request);
    if (response.status === 405) {
      return (await this.fetchManifest(undefined, { signal, retry })).digest;
    }
    if (!response.ok) {
      throw await errorOf(response, `Cannot ${verb} "${title}"`, { signal });
    }
    await discardBody(response);
    const digest = response.headers.get("docker-content-digest") ?? "";
    return isDigest(digest) ? digest : undefined;
  }

  /** Opens a blob; renews a login that has ended. */
  async open(
    blob: Descriptor,
    options: OpenBlobOptions = {},
  ): Promise<ReadableStream<Bytes>> {
    const { registry, retry } = this.#options;
    const url = new URL(`blobs/${blob.digest}`, this.#url);
    const { send } = this.#sender;
    try {
      return await openBlob(blob, { ...options, retry, url, send });
    } catch (error) {
      const isMissing = error instanceof RegistryError && error.status === 404;
      if (!isMissing || blob.urls === undefined) throw error;
      return await openElsewhere(blob, {
        ...options,
        ...{ registry, retry, refusal: error },
        send: (url, request) =>
          sendRequest(this.#client, url, { ...request, retry }),
      });
    }
  }

  /** Opens a part of a blob, if the registry gives parts. */
  async openRange(
    blob: Descriptor,
    options: BlobRange & Abortable,
  ): Promise<ReadableStream<Bytes> | undefined> {
    const { retry } = this.#options;
    const url = new URL(`blobs/${blob.digest}`, this.#url);
    const { send } = this.#sender;
    return await openRange(blob, { ...options, retry, url, send });
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

async function readManifest(
  response: Response,
  { what, signal, bodyTimeoutMs }: Abortable & {
    readonly what: string;
    readonly bodyTimeoutMs?: number | undefined;
  },
): Promise<Bytes> {
  try {
    const maxSize = MAX_MANIFEST_SIZE;
    return await readBody(response, { maxSize, signal, bodyTimeoutMs });
  } catch (cause) {
    signal?.throwIfAborted();
    const why = cause instanceof RangeError
      ? `manifest is ${cause.message} (reading stopped)`
      : explainFailure(cause);
    const { status } = response;
    throw new RegistryError(`${what}: ${why}`, {
      ...{ cause, status },
      reason: cause instanceof RangeError ? "malformed" : "interrupted",
    });
  }
}

/** Detects a successful response that cannot be a manifest. */
function findNoManifest(bytes: Bytes, response: Response): string | undefined {
  if (bytes.length === 0) return "the server sent an empty manifest";
  const start = toText(bytes.subarray(0, 64)).trimStart();
  if (start.startsWith("<")) {
    return "the server sent a web page, not a manifest; is it a registry, or " +
      "does a proxy or a login page answer in its place?";
  }
  const isPacked = encodingOf(response) === "other" && !start.startsWith("{");
  return isPacked ? encodingProblem(response) : undefined;
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
  const header = response.headers.get("warning") ?? "";
  // RFC 7234, 5.5: several may be in one header, and quotes in their texts.
  const warnings = header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g);
  for (const [, text = ""] of warnings.take(MAX_WARNINGS)) {
    const said = hideSecrets(text.replace(/\\(.)/g, "$1"), response);
    onWarning(cleanText(said, MAX_WARNING));
  }
}
