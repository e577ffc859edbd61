/** Shows metrics to Prometheus, by HTTP on loopback. */

import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import {
  formatGauges,
  type Gauge,
} from "../../formats/config/prometheus_text.ts";
import { InUseError } from "../../errors/store_errors.ts";
import { isErrno } from "../../fs/errno.ts";
import { PendingClients } from "../pending_clients.ts";
import type { HostAndPort } from "../serve_settings.ts";

/** Where metrics are shown. Disposing ends it. */
export interface MetricsServer extends AsyncDisposable {
  /** Where it listens: the port is never 0. */
  readonly address: HostAndPort;
}

/** Gathers the metrics for each request. */
export type ReadMetrics = () => readonly Gauge[] | Promise<readonly Gauge[]>;

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
// Prometheus has one connection, and one request each minute.
const LIMITS = { maxPending: 32, headMs: 30_000 };

/**
 * Serves metrics at `/metrics`. A flood of clients takes few open files, and
 * gathers only once at a time.
 *
 * @throws {InUseError} If another process listens there.
 */
export async function serveMetrics(
  { hostname, port }: HostAndPort,
  read: ReadMetrics,
): Promise<MetricsServer> {
  const clients = new PendingClients(LIMITS);
  const show = shareText(read);
  const server = createServer((request, response) => {
    const [path] = (request.url ?? "").split("?");
    if (path !== "/metrics") return answer(response, 404);
    if (request.method !== "GET") return answer(response, 405);
    show().then(
      (text) => answer(response, 200, text),
      () => answer(response, 500),
    );
  });
  server.on("connection", (socket) => {
    socket.on("error", () => {}); // A client may go at any time.
    clients.add(socket);
  });
  await listen(server, { hostname, port });
  server.on("error", () => {}); // An error of accept for one client.
  const address = server.address();
  return {
    address: {
      hostname,
      port: typeof address === "object" ? address?.port ?? port : port,
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(
  server: Server,
  { hostname, port }: HostAndPort,
): Promise<void> {
  try {
    server.listen({ host: hostname, port });
    await once(server, "listening");
  } catch (error) {
    if (!isErrno(error, "EADDRINUSE")) throw error;
    throw new InUseError(
      `Cannot show metrics at "${hostname}:${port}": another process listens ` +
        "there",
      [],
    );
  }
}

/** Concurrent requests share one result. */
function shareText(read: ReadMetrics): () => Promise<string> {
  let reading: Promise<string> | undefined;
  return () =>
    reading ??= Promise.try(read).then(formatGauges).finally(() => {
      reading = undefined;
    });
}

function answer(response: ServerResponse, status: number, text = ""): void {
  const headers = { "content-type": CONTENT_TYPE, "connection": "close" };
  response.writeHead(status, headers).end(text);
}
