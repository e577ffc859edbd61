/** Sends requests to one registry with a login, and renews that. */

import type { Abortable } from "../errors/abort.ts";
import { RegistryError, UnauthorizedError } from "../errors/image_errors.ts";
import {
  type Authorizer,
  type AuthorizerOptions,
  createAuthorizer,
} from "./auth/authorizer.ts";
import type { HttpClient } from "./http_client.ts";
import { discardBody } from "./read_body.ts";
import {
  isFromElsewhere,
  sendRequest,
  type SendRequestOptions,
} from "./send_request.ts";
import { hideSecrets } from "./sent_secrets.ts";

/** Sends requests to a registry. */
export interface Sender {
  /**
   * Sends with a login: with a new one after a 401, and once more with the scopes
   * that the challenge requires.
   */
  readonly send: (url: URL, request: SendRequestOptions) => Promise<Response>;
  /** Logs in with the next request, as an answer asks for that came before it. */
  expectLogin(response: Response): void;
  /** Makes one whose logins are for more scopes. */
  extend(scopes: readonly string[]): Sender;
}

// The first, and one for further scopes.
const MAX_LOGINS = 2;

/** Makes a sender that is not logged in yet. */
export function createSender(
  client: HttpClient,
  options: AuthorizerOptions,
): Sender {
  return new RegistrySender(client, options);
}

class RegistrySender implements Sender {
  readonly #client: HttpClient;
  readonly #options: AuthorizerOptions;
  readonly #authorizer: Authorizer;

  constructor(
    client: HttpClient,
    options: AuthorizerOptions,
    authorizer: Authorizer = createAuthorizer(client, options),
  ) {
    this.#client = client;
    this.#options = options;
    this.#authorizer = authorizer;
  }

  expectLogin({ status, headers }: Response): void {
    this.#authorizer.expect(headers.get("www-authenticate"), { status });
  }

  extend(scopes: readonly string[]): Sender {
    const extended = this.#authorizer.extend(scopes);
    return new RegistrySender(this.#client, this.#options, extended);
  }

  readonly send: Sender["send"] = async (url, request) => {
    const { retry = this.#options.retry } = request;
    // The login is only for the registry's own origin.
    if (url.origin !== this.#options.registry.origin) {
      return await sendRequest(this.#client, url, { ...request, retry });
    }
    let authorization = await this.#authorizer.prepare(request);
    for (let logins = 0;; logins++) {
      const sent = { ...request, retry, authorization };
      const response = await sendRequest(this.#client, url, sent);
      // Also if no login can be had: its connection would stay busy.
      await using unread = new AsyncDisposableStack();
      unread.defer(() => discardBody(response));
      const next = await this.#answer(response, { ...sent, logins });
      if (next === undefined) {
        unread.move();
        return response;
      }
      authorization = next;
    }
  };

  /** The login to try next; undefined if the answer is final. */
  async #answer(
    response: Response,
    { authorization, logins, signal }: SendRequestOptions & { logins: number },
  ): Promise<string | undefined> {
    // A blob store must not choose where the registry's login is sent.
    if (isFromElsewhere(response)) return undefined;
    const { header } = this.#authorizer;
    const { status } = response;
    const challenge = response.headers.get("www-authenticate");
    const asksForMore = [401, 403].includes(status) &&
      logins < MAX_LOGINS && this.#authorizer.asksForMore(challenge);
    if (asksForMore) return await this.#logIn(challenge, response, { signal });
    if (status !== 401 || logins > 0) return undefined;
    // Another request has renewed it meanwhile.
    if (header !== authorization) return header;
    // Some registries send a challenge only there; others need no login.
    const asked = challenge ?? await this.#askForChallenge({ signal });
    if (asked === null) return undefined;
    return await this.#logIn(asked, response, { signal });
  }

  async #logIn(
    challenge: string | null,
    response: Response,
    { signal }: Abortable,
  ): Promise<string> {
    const { status } = response;
    try {
      return await this.#authorizer.answer(challenge, { status, signal });
    } catch (error) {
      throw withoutSecrets(error, response);
    }
  }

  /** Asks the registry itself how to log in. */
  async #askForChallenge({ signal }: Abortable): Promise<string | null> {
    const { registry, retry } = this.#options;
    const url = new URL("/v2/", registry);
    const response = await sendRequest(this.#client, url, { signal, retry });
    await discardBody(response);
    if (isFromElsewhere(response)) return null;
    return response.headers.get("www-authenticate");
  }
}

/** An error shows what is wrong in a challenge, which may repeat the login. */
function withoutSecrets(error: unknown, response: Response): unknown {
  if (!(error instanceof RegistryError)) return error;
  const message = hideSecrets(error.message, response);
  if (message === error.message) return error;
  const { status, reason, code } = error;
  return error instanceof UnauthorizedError
    ? new UnauthorizedError(message, { status, reason, code })
    : new RegistryError(message, { status, reason, code });
}
