/** One HTTP request, by fetch or, where that refuses to, by node:https. */

import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Abortable } from "../errors/abort.ts";
import type { Bytes } from "../formats/bytes.ts";
import { callersVariable } from "../process/callers_variable.ts";
import { openTunnel } from "./proxy/open_tunnel.ts";
import { ProxiedError } from "./proxy/proxied_error.ts";
import { type Proxy, readProxyRules, routeTo } from "./proxy/proxy_rules.ts";

/** How a server proves itself to us, and we to it. */
export interface TlsSettings {
  /** PEM certificates to trust beside the system's. */
  readonly caCerts?: readonly string[];
  /** PEM client certificate and key. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Whether TLS certificates are not checked. */
  readonly insecure?: boolean;
}

/** Options of {@linkcode HttpClient.send}. */
export interface HttpRequest extends Abortable {
  /** `GET` is the default. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** A form, bytes, or what opens a body that is sent while it is made. */
  readonly body?: string | Bytes | (() => ReadableStream<Bytes>);
}

/** Sends requests; redirects and statuses are the caller's. */
export interface HttpClient extends Disposable {
  send(url: URL, request?: HttpRequest): Promise<Response>;
}

// No HTTP status allows a body with these.
const BODILESS_STATUSES = [204, 205, 304];

/**
 * Creates a client for servers that share TLS settings.
 *
 * @throws {SyntaxError} If the environment names a proxy that is none.
 */
export function createHttpClient(tls: TlsSettings = {}): HttpClient {
  const clients = new ClientPool(tls);
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
    [Symbol.dispose]: () => clients[Symbol.dispose](),
  };

  async function sendBy(
    proxy: Proxy | undefined,
    url: URL,
    request: HttpRequest,
  ): Promise<Response> {
    if (tls.insecure && url.protocol === "https:") {
      return await sendByNode(url, { ...request, tls, proxy });
    }
    try {
      const client = clients.get(proxy);
      return await sendByFetch(url, { ...request, client });
    } catch (error) {
      if (!isRefusedByFetchOnly(error)) throw error;
      return await sendByNode(url, { ...request, tls, proxy });
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
    // Else Deno decodes gzip unasked, and no digest would fit.
    headers: { "accept-encoding": "identity", ...headers },
    ...(body === undefined ? {} : { body: isMade(body) ? body() : body }),
    ...(signal === undefined ? {} : { signal }),
    ...(client === undefined ? {} : { client }),
  });
}

function isMade(
  body: HttpRequest["body"],
): body is () => ReadableStream<Bytes> {
  return typeof body === "function";
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

/** What decides how a request is sent by node. */
interface NodeRoute {
  readonly tls: TlsSettings;
  readonly proxy: Proxy | undefined;
}

async function sendByNode(
  url: URL,
  options: HttpRequest & NodeRoute,
): Promise<Response> {
  const { method = "GET", headers, body, signal } = options;
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const request = await nodeRequestTo(url, options);
  const sent = request({
    method,
    headers: {
      "accept-encoding": "identity",
      "connection": "close",
      ...headers,
    },
  });
  const abort = () => {
    const reason = asError(signal?.reason);
    sent.destroy(reason);
    reject(reason); // destroyed at some moments, a request tells nobody
  };
  signal?.addEventListener("abort", abort, { once: true });
  sent.on("error", reject);
  sent.on("upgrade", (_, socket) => {
    socket.destroy();
    reject(new Error("it switched to another protocol (101)"));
  });
  sent.on("response", (message) => {
    try {
      resolve(toResponse(message));
    } catch (error) {
      // What is thrown in an event would end the process.
      message.destroy();
      reject(error);
    }
  });
  if (isMade(body)) void sendBody(body(), sent);
  else sent.end(body);
  return await promise;
}

/** Whatever goes wrong with it, the request's own error tells. */
async function sendBody(
  body: ReadableStream<Bytes>,
  sent: ClientRequest,
): Promise<void> {
  try {
    for await (const piece of body) {
      if (sent.destroyed) return;
      await new Promise((resolve) => sent.write(piece, resolve));
    }
    sent.end();
  } catch (error) {
    sent.destroy(asError(error));
  }
}

/** Fails for what is outside of HTTP, as a status of 600 is. */
function toResponse(message: IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = message;
  if (status < 200 || status > 599) {
    throw new Error(`invalid HTTP status ${status}`);
  }
  const isBodiless = BODILESS_STATUSES.includes(status);
  const stream = isBodiless ? null : toByteStream(message);
  return new Response(stream, { status, headers: pairsOf(rawHeaders) });
}

/** Loads node's modules when they are needed: they slow down every start. */
async function nodeRequestTo(
  url: URL,
  { tls, proxy, signal }: NodeRoute & Abortable,
): Promise<(options: RequestOptions) => ClientRequest> {
  const port = Number(url.port || (url.protocol === "http:" ? 80 : 443));
  // Also for plain http, which ports that fetch blocks may have.
  const socket = proxy &&
    await openTunnel(proxy, `${url.hostname}:${port}`, { signal });
  if (url.protocol === "http:") {
    const { request } = await import("node:http");
    const tunnel = socket && { createConnection: () => socket };
    return (options) => request(url, { ...options, ...tunnel });
  }
  const { request } = await import("node:https");
  const { connect } = await import("node:tls");
  const { caCerts, clientCertificate, insecure = false } = tls;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // Connected here: node's own agent asks for a permission, "sys", to list CAs.
  const createConnection = () =>
    connect({
      ...(socket ? { socket } : { host, port }),
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: !insecure,
      ...(caCerts === undefined ? {} : { ca: [...caCerts] }),
      ...clientCertificate,
    });
  return (options) => request(url, { ...options, createConnection });
}

function isIP(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    pairs.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  }
  return pairs;
}

/** Pulls chunk by chunk, so that back-pressure reaches the sender. */
function toByteStream(
  chunks: AsyncIterable<Uint8Array> & { destroy(): unknown },
): ReadableStream<Bytes> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else {
        controller.enqueue(Uint8Array.from(value));
      }
    },
    cancel() {
      chunks.destroy();
    },
  });
}
