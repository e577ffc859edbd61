/**
 * A server that does what a script says: to each request something of its own, or
 * what the server behind it says, changed, cut, slowed down. Bodies stream through
 * both ways, so that it stands in front of a real registry for pulls and pushes.
 */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Exchange, type Place } from "./scripted_exchange.ts";
import { headerOf, HttpWire } from "./http_wire.ts";
import type { CertifiedKey } from "./make_certificates.ts";
import {
  followScript,
  type Script,
  type ScriptedRequest,
} from "./server_script.ts";

/** A running server. */
export interface ScriptedServer extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  readonly host: string;
  /** All requests so far, as far as they were HTTP. */
  readonly requests: readonly ScriptedRequest[];
  /** How many connections there were. */
  readonly connections: number;
  /** Lets all go on that hangs, and all that is to come. */
  release(): void;
}

/** How the server is to be. */
export interface ScriptedServerOptions {
  /** Who answers what the script leaves, such as `127.0.0.1:40123`. */
  readonly behind?: string;
  /** Left out, it speaks plain http. */
  readonly certificate?: CertifiedKey;
  /** Where it listens; 127.0.0.1. */
  readonly hostname?: string;
}

/** Starts one: `await using server = await serveScript([…], { behind });`. */
export async function serveScript(
  script: Script,
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const { certificate, hostname = "127.0.0.1" } = options;
  const choose = followScript(script);
  const requests: ScriptedRequest[] = [];
  const released = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const serving = new Set<Promise<void>>();
  let connections = 0;
  const onSocket = (socket: Socket) => {
    const done = serve(keep(socket), ++connections).catch(() => {}) // it is gone
      .finally(() => {
        socket.destroySoon();
        serving.delete(done);
      });
    serving.add(done);
  };
  const server = certificate === undefined
    ? createServer(onSocket)
    : createTlsServer({ ...certificate }, onSocket);
  server.on("tlsClientError", () => {}); // who does not trust it
  const host = await listen(server, hostname);
  return {
    host,
    requests,
    get connections() {
      return connections;
    },
    release: released.resolve,
    async [Symbol.asyncDispose]() {
      released.resolve();
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(serving);
    },
  };

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    return socket;
  }

  /** Takes one request after another, until either side has enough. */
  async function serve(socket: Socket, connection: number): Promise<void> {
    const wire = new HttpWire(socket);
    const place: Place = {
      isTls: certificate !== undefined,
      released: released.promise,
      reach: () => reach(options.behind),
    };
    for (;;) {
      const head = await wire.readHead();
      if (head === undefined && (socket.destroyed || wire.isOver)) return;
      const [method = "", path = ""] = head?.start.split(" ") ?? [];
      const headers = new Headers();
      for (const [name, value] of head?.headers ?? []) {
        headers.append(name, value);
      }
      const request = { method, path, headers, connection, host };
      if (head !== undefined) requests.push(request);
      const exchange = new Exchange(wire, { ...place, head, request });
      if (!await exchange.run(choose(request))) return;
      if (head && headerOf(head, "connection") === "close") return;
    }
  }

  async function reach(behind: string | undefined): Promise<HttpWire> {
    if (behind === undefined) throw new Error("there is no server behind");
    const { hostname, port } = new URL(`http://${behind}`);
    const socket = keep(connect(Number(port), hostname));
    await once(socket, "connect");
    return new HttpWire(socket);
  }
}

async function listen(server: Server, hostname: string): Promise<string> {
  server.listen(0, hostname);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("port");
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${shown}:${address.port}`;
}
