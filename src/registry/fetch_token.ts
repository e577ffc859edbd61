/** Token services: distribution-spec's companion, "Token Authentication". */

import type { Abortable } from "../abort.ts";
import type { AuthChallenge } from "../formats/auth_challenge.ts";
import type { Credentials } from "../formats/auth_file.ts";
import {
  asInteger,
  asObject,
  asString,
  optional,
  parseJson,
} from "../formats/json.ts";
import { RegistryError } from "../image_errors.ts";
import { findRealmProblem } from "./address_rules.ts";
import { basicHeader } from "./basic_header.ts";
import { explainFailure } from "./explain_failure.ts";
import type { HttpClient } from "./http_client.ts";
import { readBody } from "./read_body.ts";
import { errorOf } from "./response_error.ts";
import { type RetryRules, sendRequest } from "./send_request.ts";

/** An access token, and when it ends on this machine's clock. */
export interface Token {
  readonly value: string;
  /** To be renewed then, in milliseconds of `performance.now()`. */
  readonly renewAt: number;
}

/** Options of {@linkcode fetchToken}. */
export interface FetchTokenOptions extends Abortable {
  readonly registry: URL;
  /** Such as `repository:library/busybox:pull`. */
  readonly scope: string;
  readonly credentials?: Credentials | undefined;
  readonly retry?: RetryRules | undefined;
}

const MAX_ANSWER_SIZE = 1024 * 1024;
// The specification's default, and a bound for a server's odd ideas.
const MIN_LIFETIME_S = 60;
const MAX_LIFETIME_S = 3600;
const CLIENT_ID = "orlop";

/**
 * Asks the token service that a registry's challenge names for a token.
 *
 * @throws {UnauthorizedError} If it refuses the credentials.
 * @throws {RegistryError} If it cannot be trusted, or gives no token.
 */
export async function fetchToken(
  client: HttpClient,
  challenge: AuthChallenge,
  options: FetchTokenOptions,
): Promise<Token> {
  const { registry, credentials } = options;
  const what = `Cannot log in to "${registry.host}"`;
  const realm = await realmOf(challenge, { registry, credentials, what });
  const query = queryOf(challenge, options.scope);
  const response = credentials?.kind === "identity-token"
    ? await post(client, realm, { ...options, query, token: credentials.token })
    : await get(client, realm, { ...options, query });
  if (!response.ok) throw await errorOf(response, what);
  return await readToken(response, { what, signal: options.signal });
}

async function realmOf(
  { parameters }: AuthChallenge,
  { registry, credentials, what }:
    & Pick<FetchTokenOptions, "registry" | "credentials">
    & { readonly what: string },
): Promise<URL> {
  const text = parameters.get("realm") ?? "";
  const realm = URL.parse(text);
  const login = credentials === undefined ? "none" : "secret";
  const problem = realm === null
    ? "no URL"
    : await findRealmProblem(realm, registry, { login });
  if (realm !== null && problem === undefined) return realm;
  const shown = text.slice(0, 200);
  throw new RegistryError(
    `${what}: token realm ${JSON.stringify(shown)} refused (${problem})`,
    { status: 401 },
  );
}

function queryOf(
  { parameters }: AuthChallenge,
  scope: string,
): Readonly<Record<string, string>> {
  const service = parameters.get("service");
  return service === undefined ? { scope } : { scope, service };
}

async function get(
  client: HttpClient,
  realm: URL,
  options: FetchTokenOptions & { query: Readonly<Record<string, string>> },
): Promise<Response> {
  const { credentials, query } = options;
  const url = new URL(realm);
  for (const [name, value] of Object.entries(query)) {
    url.searchParams.append(name, value);
  }
  if (credentials?.kind !== "password") {
    return await sendRequest(client, url, options);
  }
  url.searchParams.append("account", credentials.username);
  const authorization = basicHeader(credentials);
  return await sendRequest(client, url, { ...options, authorization });
}

async function post(
  client: HttpClient,
  realm: URL,
  options: FetchTokenOptions & {
    query: Readonly<Record<string, string>>;
    token: string;
  },
): Promise<Response> {
  const body = new URLSearchParams({
    "grant_type": "refresh_token",
    "refresh_token": options.token,
    "client_id": CLIENT_ID,
    ...options.query,
  });
  return await sendRequest(client, realm, {
    ...options,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: body.toString(),
  });
}

async function readToken(
  response: Response,
  { what, signal }: Abortable & { readonly what: string },
): Promise<Token> {
  const { value, expiresInS } = await readAnswer(response, { what, signal });
  // What is no token would break out of the header that it goes into.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new RegistryError(`${what}: its token service sent no token`, {
      status: 401,
    });
  }
  const lifetime = Math.min(
    Math.max(expiresInS, MIN_LIFETIME_S),
    MAX_LIFETIME_S,
  );
  // A tenth early, so that none ends on its way to the registry.
  return { value, renewAt: performance.now() + lifetime * 900 };
}

/** Whatever is wrong with the answer, it is the registry that fails. */
async function readAnswer(
  response: Response,
  { what, signal }: Abortable & { readonly what: string },
): Promise<{ readonly value: string; readonly expiresInS: number }> {
  const answer = "answer of its token service";
  try {
    const bytes = await readBody(response, {
      maxSize: MAX_ANSWER_SIZE,
      signal,
    });
    const body = asObject(parseJson(bytes, answer), answer);
    return {
      value: optional(body["token"], answer, asString) ??
        optional(body["access_token"], answer, asString) ?? "",
      expiresInS: optional(body["expires_in"], answer, asInteger) ??
        MIN_LIFETIME_S,
    };
  } catch (cause) {
    signal?.throwIfAborted();
    const why = cause instanceof SyntaxError
      ? cause.message
      : `Cannot read ${answer}: ${explainFailure(cause)}`;
    throw new RegistryError(`${what}: ${why}`, { cause, status: 200 });
  }
}
