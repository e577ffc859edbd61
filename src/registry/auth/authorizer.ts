/** Keeps the Authorization header of one repository ready. */

import type { Abortable } from "../../errors/abort.ts";
import { UnauthorizedError } from "../../errors/image_errors.ts";
import { messageOf } from "../../errors/why.ts";
import {
  type AuthChallenge,
  parseAuthChallenges,
} from "../../formats/config/auth_challenge.ts";
import type { Credentials } from "../../formats/config/auth_file.ts";
import type { HttpClient } from "../http_client.ts";
import type { RetryRules } from "../send_request.ts";
import { basicHeader } from "./basic_header.ts";
import {
  fetchToken,
  type FetchTokenOptions,
  type Token,
} from "./fetch_token.ts";

/** Answers a registry's challenges. */
export interface Authorizer {
  /** The newest header, which may have expired. */
  readonly header: string | undefined;
  /** Returns the header to send; renews a token that is about to expire. */
  prepare(options: Abortable): Promise<string | undefined>;
  /** Whether a challenge requires a scope that was not requested yet. */
  asksForMore(challenge: string | null): boolean;
  /**
   * Answers a 401 with a new header.
   *
   * @param challenge The value of its WWW-Authenticate header.
   * @throws {UnauthorizedError} If that cannot be done.
   */
  answer(challenge: string | null, options: AnswerOptions): Promise<string>;
  /** Logs in with the next request, as a challenge says that came before it. */
  expect(challenge: string | null, options: { readonly status: number }): void;
  /** Makes one for more scopes, which reuses the known challenge. */
  extend(scopes: readonly string[]): Authorizer;
}

/** Options of {@linkcode Authorizer.answer}. */
export interface AnswerOptions extends Abortable {
  /** That of the answer which asks for a login. */
  readonly status: number;
}

/** Options of {@linkcode createAuthorizer}. */
export interface AuthorizerOptions {
  readonly registry: URL;
  /** Such as `repository:library/busybox:pull`. */
  readonly scopes: readonly string[];
  readonly credentials?: Credentials | undefined;
  readonly retry?: RetryRules | undefined;
  /** Requests an identity token in place of the password, and receives it. */
  readonly onRefreshToken?: ((token: string) => void) | undefined;
}

/** A challenge, and the login for it. */
interface Login {
  readonly challenge: AuthChallenge;
  readonly status: number;
  /** Undefined if it was not tried yet. */
  readonly header: string | undefined;
}

/** Creates an authorizer that has not been challenged yet. */
export function createAuthorizer(
  client: HttpClient,
  options: AuthorizerOptions,
): Authorizer {
  return new RegistryAuthorizer(client, options);
}

class RegistryAuthorizer implements Authorizer {
  readonly #client: HttpClient;
  readonly #options: AuthorizerOptions;
  readonly #scopes: Set<string>;
  #last: Login | undefined;
  #renewAt: number;
  // Several blobs may be challenged at once: one token serves them all.
  #pending: Promise<string> | undefined;

  constructor(client: HttpClient, options: AuthorizerOptions, known?: Login) {
    this.#client = client;
    this.#options = options;
    this.#scopes = new Set(options.scopes);
    this.#last = known;
    this.#renewAt = known === undefined ? Infinity : 0;
  }

  get header(): string | undefined {
    return this.#last?.header;
  }

  async prepare(options: Abortable): Promise<string | undefined> {
    if (this.#last === undefined || performance.now() < this.#renewAt) {
      return this.header;
    }
    const { challenge, status } = this.#last;
    return await this.#renew(challenge, { ...options, status });
  }

  asksForMore(challenge: string | null): boolean {
    return missingScopes(challenge).some((scope) => !this.#scopes.has(scope));
  }

  async answer(
    challenge: string | null,
    options: AnswerOptions,
  ): Promise<string> {
    const chosen = chooseChallenge(challenge, { ...this.#options, ...options });
    for (const scope of missingScopes(challenge)) this.#scopes.add(scope);
    return await this.#renew(chosen, options);
  }

  expect(header: string | null, { status }: AnswerOptions): void {
    const challenge = chooseChallenge(header, { ...this.#options, status });
    this.#last = { challenge, status, header: undefined };
    this.#renewAt = 0;
  }

  extend(more: readonly string[]): Authorizer {
    const scopes = [...this.#scopes, ...more];
    const known = this.#last && { ...this.#last, header: undefined };
    const options = { ...this.#options, scopes };
    return new RegistryAuthorizer(this.#client, options, known);
  }

  async #renew(
    challenge: AuthChallenge,
    options: AnswerOptions,
  ): Promise<string> {
    this.#pending ??= this.#logIn(challenge, options)
      .finally(() => this.#pending = undefined);
    return await this.#pending;
  }

  async #logIn(
    challenge: AuthChallenge,
    { status, signal }: AnswerOptions,
  ): Promise<string> {
    const token = await obtain(this.#client, challenge, {
      ...this.#options,
      scopes: [...this.#scopes],
      ...{ status, signal },
    });
    const header = typeof token === "string" ? token : `Bearer ${token.value}`;
    this.#renewAt = typeof token === "string" ? Infinity : token.renewAt;
    this.#last = { challenge, status, header };
    return header;
  }
}

/** A ready header for Basic and given tokens, else a token. */
async function obtain(
  client: HttpClient,
  challenge: AuthChallenge,
  options: FetchTokenOptions,
): Promise<string | Token> {
  const { credentials, registry, status } = options;
  if (credentials?.kind === "registry-token") {
    return `Bearer ${credentials.token}`;
  }
  if (challenge.scheme === "bearer") {
    return await fetchToken(client, challenge, options);
  }
  if (credentials?.kind === "password") return basicHeader(credentials);
  throw new UnauthorizedError(
    `Cannot log in to "${registry.host}": it wants a user name and a ` +
      "password, and there are none; use orlop login or --creds",
    { status },
  );
}

function chooseChallenge(
  header: string | null,
  { registry, status }: AuthorizerOptions & AnswerOptions,
): AuthChallenge {
  const what = `Cannot log in to "${registry.host}"`;
  const challenges = parse(header ?? "", { what, status });
  const bearers = challenges.filter(({ scheme }) => scheme === "bearer");
  // A challenge without a realm is used only if there is no other.
  const chosen = bearers.find(({ parameters }) => parameters.get("realm")) ??
    challenges.find(({ scheme }) => scheme === "basic") ?? bearers[0];
  if (chosen !== undefined) return chosen;
  const offered = challenges.map(({ scheme }) => scheme).join(", ");
  throw new UnauthorizedError(
    `${what}: it offers no known way to (${offered || "none at all"})`,
    { status },
  );
}

function parse(
  header: string,
  { what, status }: { readonly what: string; readonly status: number },
): readonly AuthChallenge[] {
  try {
    return parseAuthChallenges(header);
  } catch (cause) {
    const why = messageOf(cause);
    throw new UnauthorizedError(`${what}: ${why}`, {
      ...{ status, cause },
      reason: "malformed",
    });
  }
}

/** The scopes that a login lacks, from the challenge: RFC 6750, 3.1. */
function missingScopes(header: string | null): readonly string[] {
  let challenges: readonly AuthChallenge[] = [];
  try {
    challenges = parseAuthChallenges(header ?? "");
  } catch {
    // Who answers it says that it cannot be read.
  }
  return challenges
    .filter(({ parameters }) =>
      parameters.get("error") === "insufficient_scope"
    )
    .flatMap(({ parameters }) => (parameters.get("scope") ?? "").split(" "))
    .filter((scope) => scope !== "");
}
