/** Starts the HTTP server that clients of a kubelet stream through. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Abortable } from "../../errors/abort.ts";
import { messageOf } from "../../errors/why.ts";
import { checkPorts, checkWanted } from "./check_wanted.ts";
import { answer, closeSoon } from "./http_answer.ts";
import { PendingClients } from "../pending_clients.ts";
import { serveUpgrade, type StreamingTask } from "./serve_upgrade.ts";
import { DEFAULT_LIMITS, type StreamingLimits } from "./streaming_limits.ts";
import type {
  OpenPort,
  OpenProcess,
  PortForwardOptions,
  StreamingServer,
  WantedStreams,
} from "./streaming_server.ts";
import { TokenCache } from "./token_cache.ts";
import type { UpgradeRequest } from "./upgrade_request.ts";

/** Options of the streaming server. */
export interface StreamingOptions extends Abortable {
  /**
   * Receives errors, without tokens and without streamed data.
   *
   * @default {none}
   */
  readonly log?: StreamingLog | undefined;
  /**
   * Other limits than usual, each by itself.
   *
   * @default {see DEFAULT_LIMITS}
   */
  readonly limits?: Partial<StreamingLimits> | undefined;
}

/** Receives a message. */
export type StreamingLog = (
  level: "debug" | "info" | "warn",
  message: string,
) => void;

// Only this machine's kubelet and crictl connect, and anybody who can guess 256
// bits.
const HOSTNAME = "127.0.0.1";
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Starts it on a free port of 127.0.0.1.
 *
 * @throws {Error} If there is no port left.
 */
export async function startStreaming(
  { signal, log = () => {}, limits }: StreamingOptions = {},
): Promise<StreamingServer> {
  signal?.throwIfAborted();
  const server = new Streaming({ ...DEFAULT_LIMITS, ...limits }, log);
  await server.listen();
  signal?.addEventListener("abort", () => void server.close(), { once: true });
  return server;
}

class Streaming implements StreamingServer {
  readonly #limits: StreamingLimits;
  readonly #log: StreamingLog;
  readonly #server: Server;
  readonly #tokens: TokenCache<StreamingTask>;
  readonly #sockets = new Set<Socket>();
  readonly #pending: PendingClients;
  readonly #serving = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  url = "";

  constructor(limits: StreamingLimits, log: StreamingLog) {
    this.#limits = limits;
    this.#log = log;
    this.#tokens = new TokenCache(limits);
    this.#pending = new PendingClients(limits);
    this.#server = createServer({ maxHeaderSize: MAX_HEAD_BYTES });
    // Such as too many open files: existing connections stay.
    this.#server.on("error", (error) => {
      this.#log("warn", `Cannot accept a client: ${messageOf(error)}`);
    });
    this.#server.on("connection", (socket) => this.#accept(socket));
    this.#server.on("request", (request, response) => {
      request.resume();
      response.writeHead(400, { connection: "close" });
      response.end("Cannot stream: the request is no upgrade\n");
    });
    this.#server.on("upgrade", (request, socket, head) => {
      const { promise: serving, resolve } = Promise.withResolvers<void>();
      this.#serving.add(serving);
      void this.#serve({ request, socket, head }).finally(resolve);
      void serving.finally(() => this.#serving.delete(serving));
    });
  }

  async listen(): Promise<void> {
    this.#server.listen({ host: HOSTNAME, port: 0 });
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) {
      throw new Error("Cannot serve streams: the port is unknown");
    }
    this.url = `http://${HOSTNAME}:${address.port}`;
  }

  exec(open: OpenProcess, wanted: WantedStreams): string {
    checkWanted(wanted);
    return this.#urlOf({ kind: "exec", open, wanted });
  }

  attach(open: OpenProcess, wanted: WantedStreams): string {
    checkWanted(wanted);
    return this.#urlOf({ kind: "attach", open, wanted });
  }

  portForward(open: OpenPort, { ports = [] }: PortForwardOptions = {}): string {
    checkPorts(ports);
    return this.#urlOf({ kind: "portforward", open, ports });
  }

  async close(): Promise<void> {
    this.#tokens.clear();
    this.#closing.abort(new Error("Cannot stream: the server is closed"));
    const closed = this.#server.listening
      ? once(this.#server, "close")
      : undefined;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#serving);
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #urlOf(task: StreamingTask): string {
    return `${this.url}/${task.kind}/${this.#tokens.add(task)}`;
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {}); // A client may go at any time.
    this.#pending.add(socket);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #serve(upgrade: UpgradeRequest): Promise<void> {
    const { request: { url = "" }, socket } = upgrade;
    if (this.#serving.size > this.#limits.maxConnections) {
      return answer(socket, { status: 503 });
    }
    const [, kind = "", token = "", ...rest] = url.split("/");
    const task = this.#tokens.take(token);
    if (task === undefined || task.kind !== kind || rest.length > 0) {
      return answer(socket, { status: 404 });
    }
    this.#pending.release(socket);
    try {
      await serveUpgrade(upgrade, task, {
        limits: this.#limits,
        signal: this.#closing.signal,
      });
    } catch (error) {
      this.#log("debug", `Cannot serve ${kind}: ${messageOf(error)}`);
    } finally {
      closeSoon(socket, this.#limits.lingerMs);
    }
  }
}
