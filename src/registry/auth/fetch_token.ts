/** Token services: distribution-spec's companion, "Token Authentication". */

import type { Abortable } from "../../errors/abort.ts";
import { RegistryError } from "../../errors/image_errors.ts";
import type { AuthChallenge } from "../../formats/config/auth_challenge.ts";
import type { Credentials } from "../../formats/config/auth_file.ts";
import {
  asObject,
  asString,
  optional,
  parseJson,
  withoutValues,
} from "../../formats/json.ts";
import { findRealmProblem } from "../address_rules.ts";
import { explainFailure } from "../explain_failure.ts";
import type { HttpClient } from "../http_client.ts";
import { discardBody, readBody } from "../read_body.ts";
import { errorOf } from "../response_error.ts";
import { type RetryRules, sendRequest } from "../send_request.ts";
import { basicHeader } from "./basic_header.ts";

/** An access token, and when it ends on this machine's clock. */
export interface Token {
  readonly value: string;
  /** To be renewed then, in milliseconds of `performance.now()`. */
  readonly renewAt: number;
}

/** Options of {@linkcode fetchToken}. */
export interface FetchTokenOptions extends Abortable {
  readonly registry: URL;
  /** The status of the registry's response with the challenge. */
  readonly status: number;
  /** Such as `repository:library/busybox:pull`. */
  readonly scopes: readonly string[];
  readonly credentials?: Credentials | undefined;
  readonly retry?: RetryRules | undefined;
  /** Requests an identity token in place of the password, and receives it. */
  readonly onRefreshToken?: ((token: string) => void) | undefined;
}

const MAX_ANSWER_SIZE = 1024 * 1024;
// The specification's default, and the minimum.
const MIN_LIFETIME_S = 60;
const MAX_LIFETIME_S = 3600;
const CLIENT_ID = "orlop";
// Responses of services that support only GET, such as Artifactory, GCR and ACR.
const WITHOUT_POST = [400, 401, 404, 405];

const TOKEN = /^[\x21-\x7e]+$/;

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
  const what = `Cannot log in to "${options.registry.host}"`;
  const realm = await realmOf(challenge, { ...options, what });
  const response = await ask(client, { ...options, realm, challenge });
  const { retry, signal, status, onRefreshToken } = options;
  const reading = { ...retry, signal };
  if (!response.ok) throw await errorOf(response, what, reading);
  return await readToken(response, {
    ...reading,
    ...{ what, status, onRefreshToken },
  });
}

/** A token service, and what it is asked for. */
interface TokenRequest extends FetchTokenOptions {
  readonly realm: URL;
  readonly challenge: AuthChallenge;
}

/** Identity tokens need POST; without it, they are sent like passwords. */
async function ask(
  client: HttpClient,
  request: TokenRequest,
): Promise<Response> {
  const { credentials } = request;
  if (credentials?.kind !== "identity-token") return await get(client, request);
  const { username, token } = credentials;
  const response = await post(client, request, token);
  if (!username || !WITHOUT_POST.includes(response.status)) {
    return response;
  }
  await discardBody(response);
  const login = { kind: "password", username, password: token } as const;
  return await get(client, { ...request, credentials: login });
}

async function realmOf(
  { parameters }: AuthChallenge,
  { registry, credentials, status, what }: FetchTokenOptions & {
    readonly what: string;
  },
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
    { status, reason: "untrusted" },
  );
}

async function get(
  client: HttpClient,
  { realm, challenge, ...options }: TokenRequest,
): Promise<Response> {
  const { credentials, scopes } = options;
  const url = new URL(realm);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const service = challenge.parameters.get("service");
  if (service) url.searchParams.append("service", service);
  if (credentials?.kind !== "password") {
    return await sendRequest(client, url, options);
  }
  url.searchParams.append("account", credentials.username);
  if (options.onRefreshToken !== undefined) {
    url.searchParams.append("client_id", CLIENT_ID);
    url.searchParams.append("offline_token", "true");
  }
  const authorization = basicHeader(credentials);
  return await sendRequest(client, url, { ...options, authorization });
}

async function post(
  client: HttpClient,
  { realm, challenge, ...options }: TokenRequest,
  token: string,
): Promise<Response> {
  const service = challenge.parameters.get("service");
  const body = new URLSearchParams({
    "grant_type": "refresh_token",
    "refresh_token": token,
    "client_id": CLIENT_ID,
    ...(options.scopes.length > 0 && { scope: options.scopes.join(" ") }),
    ...(service && { service }),
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
  options: ReadTokenOptions,
): Promise<Token> {
  const answer = await readAnswer(response, options);
  const { value, expiresInS, refreshToken } = answer;
  // A malformed token could inject text into the header.
  if (!TOKEN.test(value)) {
    throw new RegistryError(
      `${options.what}: its token service sent no token`,
      { status: options.status, reason: "malformed" },
    );
  }
  if (TOKEN.test(refreshToken)) options.onRefreshToken?.(refreshToken);
  const lifetime = Math.min(
    Math.max(expiresInS, MIN_LIFETIME_S),
    MAX_LIFETIME_S,
  );
  // A tenth early, so that no token expires in transit.
  return { value, renewAt: performance.now() + lifetime * 900 };
}

interface ReadTokenOptions extends Abortable {
  /** Of the registry's answer, not of its token service's. */
  readonly status: number;
  readonly what: string;
  readonly bodyTimeoutMs?: number | undefined;
  readonly onRefreshToken?: ((token: string) => void) | undefined;
}

interface TokenAnswer {
  readonly value: string;
  readonly expiresInS: number;
  /** Empty if there is none. */
  readonly refreshToken: string;
}

/** A malformed response is a failure of the registry. */
async function readAnswer(
  response: Response,
  { what, ...reading }: ReadTokenOptions,
): Promise<TokenAnswer> {
  const answer = "answer of its token service";
  try {
    const maxSize = MAX_ANSWER_SIZE;
    const bytes = await readBody(response, { ...reading, maxSize });
    return withoutValues(() => {
      const body = asObject(parseJson(bytes, answer), answer);
      // Some services send both names, and one of them empty.
      const value = optional(body["token"], answer, asString) ||
        optional(body["access_token"], answer, asString) || "";
      const refreshToken = typeof body["refresh_token"] === "string"
        ? body["refresh_token"]
        : "";
      return {
        value,
        refreshToken,
        expiresInS: lifetimeOf(body["expires_in"]),
      };
    });
  } catch (cause) {
    reading.signal?.throwIfAborted();
    const why = cause instanceof SyntaxError
      ? cause.message
      : `Cannot read ${answer}: ${explainFailure(cause)}`;
    const { status } = response;
    throw new RegistryError(`${what}: ${why}`, {
      ...{ cause, status },
      reason: "malformed",
    });
  }
}

/** As services write it, in seconds: also as text, or with a fraction. */
function lifetimeOf(value: unknown): number {
  const isWritten = typeof value === "number" || typeof value === "string";
  const seconds = isWritten ? Number(value) : NaN;
  return Number.isNaN(seconds) ? MIN_LIFETIME_S : seconds;
}
