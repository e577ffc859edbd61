/** Requests by node:https, for cases that fetch refuses. */

import type {
  Agent,
  ClientRequest,
  IncomingMessage,
  RequestOptions,
} from "node:http";
import type { TLSSocket } from "node:tls";
import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { type HttpRequest, isMade, type TlsSettings } from "./http_request.ts";
import { openTunnel } from "../proxy/open_tunnel.ts";
import type { Proxy } from "../proxy/proxy_rules.ts";

/** A request and its route. */
export interface NodeRequest extends HttpRequest {
  readonly proxy: Proxy | undefined;
}

// No HTTP status allows a body with these.
const BODILESS_STATUSES = [204, 205, 304];

/** Sends requests, over connections that are kept for the next ones. */
export class NodeSender implements Disposable {
  readonly #tls: TlsSettings;
  /** By origin. */
  readonly #agents = new Map<string, Agent>();

  constructor(tls: TlsSettings) {
    this.#tls = tls;
  }

  /** Sends one; redirects and statuses are the caller's. */
  async send(url: URL, options: NodeRequest): Promise<Response> {
    const { method = "GET", headers, body, signal, proxy } = options;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    // A kept connection may just be closing, so requests that must not be sent
    // twice use a new one.
    const isRepeatable = body === undefined && proxy === undefined &&
      url.protocol === "https:";
    const request = isRepeatable
      ? await this.#requestByAgent(url)
      : await requestTo(url, { ...options, tls: this.#tls });
    const sent = request({
      method,
      headers: {
        "accept-encoding": "identity",
        ...isRepeatable ? {} : { "connection": "close" },
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
        // An exception in an event handler would end the process.
        message.destroy();
        reject(error);
      }
    });
    if (isMade(body)) void sendBody(body(), sent);
    else sent.end(body);
    return await promise;
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #requestByAgent(url: URL): Promise<StartRequest> {
    const { request } = await import("node:https");
    const known = this.#agents.get(url.origin);
    const agent = known ?? await makeAgent(url, this.#tls);
    this.#agents.set(url.origin, agent);
    return (options) => request(url, { ...options, agent });
  }
}

type StartRequest = (options: RequestOptions) => ClientRequest;

/** Connected here: node's own agent asks for a permission, "sys", to list CAs. */
async function makeAgent(url: URL, tls: TlsSettings): Promise<Agent> {
  const { Agent } = await import("node:http");
  const { connect } = await import("node:tls");
  const agent = new Agent({ keepAlive: true });
  return Object.assign(agent, {
    protocol: "https:",
    defaultPort: 443,
    createConnection: (): TLSSocket => connect(tlsOptions(url, tls)),
  });
}

function tlsOptions(
  url: URL,
  { caCerts, clientCertificate, insecure = false }: TlsSettings,
) {
  const host = hostOf(url);
  return {
    ...{ host, port: portOf(url) },
    ...(isIP(host) ? {} : { servername: host }),
    rejectUnauthorized: !insecure,
    ...(caCerts === undefined ? {} : { ca: [...caCerts] }),
    ...clientCertificate,
  };
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === "http:" ? 80 : 443));
}

/** Errors are reported by the request. */
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

/** Over a connection of its own. */
async function requestTo(
  url: URL,
  { tls, proxy, signal }: Pick<NodeRequest, "proxy"> & Abortable & {
    readonly tls: TlsSettings;
  },
): Promise<StartRequest> {
  // Also for plain http, which ports that fetch blocks may have.
  const socket = proxy &&
    await openTunnel(proxy, `${url.hostname}:${portOf(url)}`, { signal });
  if (url.protocol === "http:") {
    const { request } = await import("node:http");
    const tunnel = socket && { createConnection: () => socket };
    return (options) => request(url, { ...options, ...tunnel });
  }
  const { request } = await import("node:https");
  const { connect } = await import("node:tls");
  const createConnection = () =>
    connect({ ...tlsOptions(url, tls), ...(socket && { socket }) });
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
