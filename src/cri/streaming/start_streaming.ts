/** Starts the HTTP server that clients of a kubelet stream through. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Abortable } from "../../errors/abort.ts";
import { checkPorts, checkWanted } from "./check_wanted.ts";
import { DEFAULT_LIMITS, type StreamingLimits } from "./streaming_limits.ts";
import type {
  OpenPort,
  OpenProcess,
  StreamingServer,
  WantedStreams,
} from "./streaming_server.ts";
import { answer } from "./http_answer.ts";
import { TokenCache } from "./token_cache.ts";

/** How the streaming server is to be. */
export interface StreamingOptions extends Abortable {
  /**
   * Hears what goes wrong, without tokens and without what is streamed.
   *
   * @default {nobody hears}
   */
  readonly log?: StreamingLog | undefined;
  /**
   * Other limits than usual, each by itself.
   *
   * @default {see DEFAULT_LIMITS}
   */
  readonly limits?: Partial<StreamingLimits> | undefined;
}

/** Takes a message. */
export type StreamingLog = (
  level: "debug" | "info" | "warn",
  message: string,
) => void;

// Only this machine's kubelet and crictl come, and anybody who can guess 256 bits.
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

/** What a token stands for. */
type Task =
  | {
    readonly kind: "exec" | "attach";
    readonly open: OpenProcess;
    readonly wanted: WantedStreams;
  }
  | {
    readonly kind: "portforward";
    readonly open: OpenPort;
    readonly ports: readonly number[];
  };

class Streaming implements StreamingServer {
  readonly #limits: StreamingLimits;
  readonly #log: StreamingLog;
  readonly #server: Server;
  readonly #tokens: TokenCache<Task>;
  url = "";

  constructor(limits: StreamingLimits, log: StreamingLog) {
    this.#limits = limits;
    this.#log = log;
    this.#tokens = new TokenCache(limits);
    this.#server = createServer({ maxHeaderSize: MAX_HEAD_BYTES });
    this.#server.headersTimeout = limits.headMs;
    this.#server.requestTimeout = limits.headMs;
    this.#server.on("request", (request, response) => {
      request.resume();
      response.writeHead(400, { connection: "close" });
      response.end("Cannot stream: the request is no upgrade\n");
    });
    this.#server.on("upgrade", (request, socket) => {
      this.#serve(request, socket);
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

  portForward(
    open: OpenPort,
    { ports = [] }: { readonly ports?: readonly number[] | undefined } = {},
  ): string {
    checkPorts(ports);
    return this.#urlOf({ kind: "portforward", open, ports });
  }

  async close(): Promise<void> {
    this.#tokens.clear();
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #urlOf(task: Task): string {
    return `${this.url}/${task.kind}/${this.#tokens.add(task)}`;
  }

  #serve(request: IncomingMessage, socket: Duplex): void {
    socket.on("error", () => {}); // A client may go at any time.
    const [, kind, token = "", ...rest] = (request.url ?? "").split("/");
    const task = this.#tokens.take(token);
    if (task === undefined || task.kind !== kind || rest.length > 0) {
      return answer(socket, { status: 404 });
    }
    answer(socket, { status: 501 });
  }
}
