/** Requests with retries, time limits and redirects: the rules of registries. */

import { linkSignals, sleep } from "../errors/abort.ts";
import { RegistryError } from "../errors/image_errors.ts";
import { findAddressProblem, showAddress } from "./address_rules.ts";
import { explainFailure, isLasting } from "./explain_failure.ts";
import type { HttpClient } from "./http_client.ts";
import type { HttpRequest } from "./http/http_request.ts";
import { limitSending, limitWait } from "./limit_wait.ts";
import { discardBody } from "./read_body.ts";
import { noteSecrets } from "./sent_secrets.ts";

/** How a request is retried. */
export interface RetryRules {
  /**
   * All tries, the first included.
   *
   * @default {5}
   */
  readonly tries?: number;
  /**
   * The same if there is no response.
   *
   * @default {tries}
   */
  readonly unansweredTries?: number;
  /**
   * The first wait, in milliseconds, doubled each time.
   *
   * @default {250}
   */
  readonly delayMs?: number;
  /**
   * How long an answer may take to begin, in milliseconds.
   *
   * @default {30_000}
   */
  readonly headerTimeoutMs?: number;
  /**
   * How long the network may keep silent in a body, in milliseconds.
   *
   * @default {30_000}
   */
  readonly stallTimeoutMs?: number;
  /**
   * How many bytes of it must come each second, on average over that time.
   *
   * @default {1024}
   */
  readonly minBytesPerSecond?: number;
  /**
   * How long a manifest, or another small answer, may take, in milliseconds.
   *
   * @default {60_000}
   */
  readonly bodyTimeoutMs?: number;
}

/** Options of {@linkcode sendRequest}. */
export interface SendRequestOptions extends HttpRequest {
  /** Sent to the origin of the first URL only. */
  readonly authorization?: string | undefined;
  /** How to retry. */
  readonly retry?: RetryRules | undefined;
}

/** All tries of what is sent, unless {@linkcode RetryRules} say otherwise. */
export const DEFAULT_TRIES = 5;
const DEFAULT_DELAY_MS = 250;
/** containers/image waits up to as long for a registry's Retry-After. */
export const MAX_RETRY_AFTER_MS = 60_000;
// Longer waits come from a wrong clock or an attack.
const MAX_MEANT_MS = 7 * 24 * 3600 * 1000;
const MAX_REDIRECTS = 10;
const RETRIED_STATUSES = [408, 425, 429];
// Server errors that are permanent.
const LASTING_STATUSES = [501, 505, 510, 511];
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

const fromElsewhere = new WeakSet<Response>();

/** Whether a response comes from another host, after a redirect. */
export function isFromElsewhere(response: Response): boolean {
  return fromElsewhere.has(response);
}

/**
 * Sends a request, follows redirects, and retries transient failures. Any other
 * answer is returned, whatever its status.
 *
 * @throws {RegistryError} If there is no response, or a malformed one.
 */
export async function sendRequest(
  client: HttpClient,
  url: URL,
  options: SendRequestOptions = {},
): Promise<Response> {
  const { tries = DEFAULT_TRIES } = options.retry ?? {};
  const { unansweredTries = tries } = options.retry ?? {};
  for (let attempt = 1;; attempt++) {
    options.signal?.throwIfAborted();
    const pauseMs = backOffMs(attempt, options.retry);
    try {
      const response = await followRedirects(client, url, options);
      noteSecrets(response, options);
      if (!mayPass(response) || attempt >= tries) return response;
      const waitMs = Math.max(retryAfterMs(response) ?? 0, pauseMs);
      // The caller reads from the answer how long the server asks to wait.
      if (waitMs > MAX_RETRY_AFTER_MS) return response;
      await discardBody(response);
      await sleep(waitMs, options);
    } catch (error) {
      if (!isTransient(error) || attempt >= unansweredTries) throw error;
      await sleep(pauseMs, options);
    }
  }
}

/** How long to wait after so many tries, in milliseconds. */
export function backOffMs(
  tries: number,
  { delayMs = DEFAULT_DELAY_MS }: RetryRules = {},
): number {
  return delayMs * 2 ** (tries - 1) * (1 + Math.random() / 10);
}

/** Whether there was no response, but a retry may succeed. */
export function isTransient(error: unknown): error is RegistryError {
  return error instanceof RegistryError &&
    error.reason === "unreachable" && !isLasting(error.cause);
}

/** Whether a failure may be transient. CDNs have their own codes: 520 to 530. */
export function mayPass({ status }: Response): boolean {
  return RETRIED_STATUSES.includes(status) ||
    (status >= 500 && !LASTING_STATUSES.includes(status));
}

/**
 * How long an answer asks to wait, in milliseconds: RFC 9110, 10.2.3. Undefined if
 * there is none, or it is malformed.
 */
export function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get("retry-after")?.trim() ?? "";
  const waitMs = /^\d+$/.test(text)
    ? Number(text) * 1000
    : httpDate(text) - Date.now();
  return waitMs > 0 && waitMs <= MAX_MEANT_MS ? waitMs : undefined;
}

/** `Date.parse()` takes much more for a date, such as "1.5". */
function httpDate(text: string): number {
  const isHttpDate = /^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(text);
  return isHttpDate ? Date.parse(text) : NaN;
}

function isReading({ method = "GET" }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

async function followRedirects(
  client: HttpClient,
  start: URL,
  options: SendRequestOptions,
): Promise<Response> {
  let url = start;
  // A redirect back to the origin must not choose a URL that gets the login.
  let isHome = true;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await sendOnce(client, url, { ...options, isHome });
    if (!REDIRECT_STATUSES.includes(response.status)) {
      if (!isHome) fromElsewhere.add(response);
      return response;
    }
    await discardBody(response);
    // A redirected form would carry a password or a token to another host.
    if (typeof options.body === "string") {
      throw refused(url, "redirect of a POST");
    }
    // 303 means that the request was done, and names a URL to read: RFC 9110,
    // 15.4.4.
    if (response.status === 303 && !isReading(options)) {
      throw refused(url, "redirect to another method");
    }
    url = await nextUrl(url, response.headers.get("location"));
    isHome &&= url.origin === start.origin;
  }
  throw refused(url, `more than ${MAX_REDIRECTS} redirects`);
}

async function sendOnce(
  client: HttpClient,
  url: URL,
  options: SendRequestOptions & { isHome: boolean },
): Promise<Response> {
  const { authorization, isHome, signal } = options;
  const { body } = options;
  // The limit is for the answer's beginning; its body takes its time.
  using limit = limitWait(options.retry);
  const login = isHome && authorization !== undefined ? { authorization } : {};
  limit.begin("answer");
  try {
    return await client.send(url, {
      ...options,
      ...(typeof body === "function" && {
        body: () => limitSending(body(), limit),
      }),
      headers: { ...options.headers, ...login },
      signal: linkSignals(signal, limit.signal),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(url, limit.signal.aborted ? limit.signal.reason : error);
  }
}

function unreachable(url: URL, cause: unknown): RegistryError {
  const why = explainFailure(cause);
  return new RegistryError(`Cannot reach "${url.host}": ${why}`, { cause });
}

async function nextUrl(from: URL, location: string | null): Promise<URL> {
  const to = URL.parse(location ?? "", from);
  // An empty one is a URL, too: the same once more, and so for ever.
  if (!location?.trim() || to === null) {
    throw refused(from, "redirect without a place to go to");
  }
  const problem = await findAddressProblem(to, from);
  if (problem === undefined) return to;
  throw refused(from, `redirect to "${showAddress(to)}" refused (${problem})`);
}

function refused(url: URL, why: string): RegistryError {
  return new RegistryError(`Cannot use "${url.host}": ${why}`, {
    reason: "untrusted",
  });
}
