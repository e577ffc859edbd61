/** One HTTP request, by fetch or, where that refuses to, by node:https. */

import { callersVariable } from "../process/callers_variable.ts";
import {
  type HttpRequest,
  isMade,
  type TlsSettings,
} from "./http/http_request.ts";
import { NodeSender } from "./http/node_sender.ts";
import { ProxiedError } from "./proxy/proxied_error.ts";
import { type Proxy, readProxyRules, routeTo } from "./proxy/proxy_rules.ts";

/** Sends requests; redirects and statuses are the caller's. */
export interface HttpClient extends Disposable {
  send(url: URL, request?: HttpRequest): Promise<Response>;
}

/**
 * Creates a client for servers that share TLS settings.
 *
 * @throws {SyntaxError} If the environment names a proxy that is none.
 */
export function createHttpClient(tls: TlsSettings = {}): HttpClient {
  const clients = new ClientPool(tls);
  const node = new NodeSender(tls);
  const rules = readProxyRules(callersVariable);
  return {
    async send(url, request = {}) {
      const { proxy } = routeTo(url, rules);
      try {
        return await sendBy(proxy, url, request);
      } catch (cause) {
        request.signal?.throwIfAborted();
        throw proxy === undefined ? cause : new ProxiedError(proxy, cause);
      }
    },
    [Symbol.dispose]() {
      clients[Symbol.dispose]();
      node[Symbol.dispose]();
    },
  };

  async function sendBy(
    proxy: Proxy | undefined,
    url: URL,
    request: HttpRequest,
  ): Promise<Response> {
    if (tls.insecure && url.protocol === "https:") {
      return await node.send(url, { ...request, proxy });
    }
    try {
      const client = clients.get(proxy);
      return await sendByFetch(url, { ...request, client });
    } catch (error) {
      if (!isRefusedByFetchOnly(error)) throw error;
      return await node.send(url, { ...request, proxy });
    }
  }
}

/** Deno's clients, one for each proxy: a client has its proxy from the start. */
class ClientPool implements Disposable {
  readonly #tls: TlsSettings;
  readonly #clients = new Map<string, Deno.HttpClient>();

  constructor(tls: TlsSettings) {
    this.#tls = tls;
  }

  /** Undefined if that of the whole process does. */
  get(proxy: Proxy | undefined): Deno.HttpClient | undefined {
    const { caCerts, clientCertificate: pair } = this.#tls;
    const isPlain = caCerts === undefined && pair === undefined;
    if (isPlain && proxy === undefined) return undefined;
    const key = proxy?.origin ?? "";
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client = Deno.createHttpClient({
      caCerts: [...caCerts ?? []],
      ...pair,
      ...(proxy && {
        proxy: {
          url: proxy.origin,
          ...(proxy.login && { basicAuth: proxy.login }),
        },
      }),
    });
    this.#clients.set(key, client);
    return client;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.close();
  }
}

async function sendByFetch(
  url: URL,
  request: HttpRequest & { client: Deno.HttpClient | undefined },
): Promise<Response> {
  const { method = "GET", headers, body, signal, client } = request;
  return await fetch(url, {
    method,
    redirect: "manual",
    // Otherwise Deno decodes gzip, and digests would not match.
    headers: { "accept-encoding": "identity", ...headers },
    ...(body === undefined ? {} : { body: isMade(body) ? body() : body }),
    ...(signal === undefined ? {} : { signal }),
    ...(client === undefined ? {} : { client }),
  });
}

/**
 * Whether only fetch refuses: ports that browsers block, and a server's
 * self-signed certificate that is listed as CA, which Go's tools accept.
 */
function isRefusedByFetchOnly(error: unknown): boolean {
  const message = messagesOf(error);
  return message.includes("CaUsedAsEndEntity") ||
    /requests? to port .* blocked/i.test(message);
}

/** An error's message with those of its causes. */
export function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${messagesOf(error.cause)}`;
  return error.message + cause;
}
