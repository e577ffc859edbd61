/**
 * A gRPC server on Node's HTTP/2: unary calls and server streaming, uncompressed.
 *
 * It has its own framing: a kubelet uses little of gRPC, and requests pass through
 * little code.
 */

import { createServer, type Http2Server, type Http2Session } from "node:http2";
import type { Socket } from "node:net";
import { isInTime } from "../../errors/abort.ts";
import type { Libc } from "../../process/libc.ts";
import type { DescService } from "@bufbuild/protobuf";
import { listenGuarded, mayCall } from "./guarded_socket.ts";
import { OpenSessions } from "./open_sessions.ts";
import { RequestBudget } from "./request_budget.ts";
import { type EndedCall, serveCall } from "./serve_call.ts";
import type {
  AnyMethod,
  MethodEntry,
  ServiceMethods,
} from "./service_methods.ts";

// Further calls of a client wait.
const SETTINGS = { maxConcurrentStreams: 2000 };
// More would use up the open files of this process.
const MAX_CONNECTIONS = 500;
// The time for running methods when the server ends.
const GRACE_MS = 10_000;
// The time to send the last responses.
const CLOSE_TIMEOUT_MS = 500;

/** Options of a server. */
export interface GrpcServerOptions {
  /**
   * Called for each call when it has ended.
   *
   * @default {none}
   */
  readonly onEnd?: ((call: EndedCall) => void) | undefined;
}

/** Serves until it is closed. */
export class GrpcServer implements AsyncDisposable {
  readonly #options: GrpcServerOptions;
  readonly #methods = new Map<string, MethodEntry>();
  readonly #sessions = new OpenSessions();
  readonly #sockets = new Set<Socket>();
  readonly #ending = new AbortController();
  readonly #calls = new Set<Promise<void>>();
  readonly #budget = new RequestBudget();
  #server: Http2Server | undefined;
  #removeSocket: () => void = () => {};

  /** Makes one without methods. */
  constructor(options: GrpcServerOptions = {}) {
    this.#options = options;
  }

  /** Adds the methods of a service; those that are left out answer UNIMPLEMENTED. */
  add<Service extends DescService>(
    service: Service,
    methods: ServiceMethods<Service>,
  ): void;
  add(
    service: DescService,
    methods: Readonly<Record<string, AnyMethod | undefined>>,
  ): void {
    for (const description of service.methods) {
      const path = `/${service.typeName}/${description.name}`;
      const run = methods[description.localName]?.bind(methods);
      this.#methods.set(path, { description, run });
    }
  }

  /**
   * Begins to listen, for this user and root only.
   *
   * @param path The path of the socket; a stale one is replaced.
   * @param libc Protects the socket, and identifies clients.
   * @throws {RangeError} If the path is too long for a socket.
   * @throws {InUseError} If another process listens there, or it is no socket.
   */
  async listen(path: string, libc?: Libc): Promise<void> {
    const server = createServer({ settings: SETTINGS });
    server.maxConnections = MAX_CONNECTIONS;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      if (!mayCall(socket, libc)) socket.destroy();
    });
    server.on("session", (session) => this.#watch(session));
    this.#server = server;
    this.#removeSocket = await listenGuarded(server, path, libc);
  }

  /** Ends all calls, then all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#removeSocket();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#server === undefined) resolve();
    else this.#server.close(() => resolve());
    this.#ending.abort(new DOMException("The server ends", "AbortError"));
    await isInTime(Promise.all(this.#calls), GRACE_MS);
    this.#sessions.destroyAll();
    await isInTime(promise, CLOSE_TIMEOUT_MS);
    // Connections without a session.
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }

  #watch(session: Http2Session): void {
    this.#sessions.add(session);
    session.on("stream", (stream, headers) => {
      const call = serveCall(stream, headers, {
        methods: this.#methods,
        ending: this.#ending.signal,
        budget: this.#budget,
        onEnd: this.#options.onEnd,
      });
      this.#calls.add(call);
      call.finally(() => this.#calls.delete(call));
    });
  }
}
