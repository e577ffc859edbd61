/** Error answers: OCI distribution-spec v1.1, "Error Codes". */

import type { Abortable } from "../errors/abort.ts";
import { RegistryError, UnauthorizedError } from "../errors/image_errors.ts";
import { toText } from "../formats/bytes.ts";
import { cleanText } from "./explain_failure.ts";
import { discardBody, readBody } from "./read_body.ts";
import { retryAfterMs } from "./send_request.ts";
import { hideSecrets } from "./sent_secrets.ts";

interface Problem {
  readonly code: string;
  readonly message: string;
}

// A spec's error is a few hundred bytes; HTML pages are cut.
const MAX_BODY_SIZE = 64 * 1024;
const MAX_SHOWN = 200;

/** Options of {@linkcode errorOf}. */
export interface ErrorOfOptions extends Abortable {
  /** The code for a 404; if omitted, the one that the answer names. */
  readonly notFound?: string;
  /** Advice for the status; by default that of a pull. */
  readonly advice?: string | undefined;
  /** How long the answer may take, in milliseconds. */
  readonly bodyTimeoutMs?: number | undefined;
}

/**
 * Makes an error from a response, and reads it to its end.
 *
 * @param what The failed action, such as `Cannot pull "busybox"`.
 */
export async function errorOf(
  response: Response,
  what: string,
  options: ErrorOfOptions = {},
): Promise<RegistryError> {
  const { status } = response;
  const problem = await readProblem(response, options);
  const details = [problem.code, problem.message]
    .filter((part) => part !== "").join(": ");
  const said = details === "" ? `${status}` : `${status} ${details}`;
  const why = options.advice ?? explain(response, problem);
  const text = `${what}: ${why} (${said})`;
  const code = (status === 404 ? options.notFound : undefined) ?? problem.code;
  return status === 401 || status === 403
    ? new UnauthorizedError(text, { status, code })
    : new RegistryError(text, { status, code });
}

function explain(response: Response, { message }: Problem): string {
  const { status } = response;
  // nginx lets clients in without one, and tells them then.
  if (status === 400 && /SSL certificate/i.test(message)) {
    return "it asks for a client certificate that it knows; put NAME.cert and " +
      "NAME.key into certs.d";
  }
  if (status === 407) {
    return "the proxy wants another login; write it into HTTP_PROXY";
  }
  if (status === 401 || status === 403) {
    return "it does not exist or needs (other) credentials; use orlop login " +
      "or --creds";
  }
  if (status === 404) return "the registry does not have it";
  if (status === 416) return "the registry does not have this range";
  if (status >= 500) return "the registry failed";
  if (status !== 429) return "the registry refused";
  const waitMs = retryAfterMs(response);
  const wait = waitMs === undefined
    ? ""
    : `, it asks to wait ${Math.ceil(waitMs / 1000)} s`;
  return `rate limit of the registry${wait}`;
}

async function readProblem(
  response: Response,
  { signal, bodyTimeoutMs }: ErrorOfOptions,
): Promise<Problem> {
  // A body may promise more than it holds, and this one is of no use.
  if (response.status === 416) {
    await discardBody(response);
    return { code: "", message: "" };
  }
  const reading = { maxSize: MAX_BODY_SIZE, bodyTimeoutMs, signal };
  let text = "";
  try {
    text = toText(await readBody(response, reading));
  } catch {
    signal?.throwIfAborted();
    // The status tells enough; an unreadable body must not hide it.
  }
  const message = text.startsWith("<") ? titleOf(text) : text;
  return parseProblem(text, response) ??
    { code: "", message: shown(message, response) };
}

/** Of a page of HTML that alone says something; without the status. */
function titleOf(page: string): string {
  const [, title = ""] = /<title>([^<]*)<\/title>/i.exec(page) ?? [];
  return title.replace(/^\s*\d{3} /, "");
}

function parseProblem(text: string, response: Response): Problem | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: HTML or plain text.
    return undefined;
  }
  const first = itemOf(itemOf(body, "errors"), "0");
  const code = itemOf(first, "code");
  const message = itemOf(first, "message") ?? itemOf(body, "message") ??
    itemOf(body, "details");
  return { code: shown(code, response), message: shown(message, response) };
}

function itemOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** Some servers repeat the request, including the login. */
function shown(value: unknown, response: Response): string {
  return typeof value === "string"
    ? cleanText(hideSecrets(value, response), MAX_SHOWN)
    : "";
}
