/** Shows metrics to Prometheus, by HTTP on loopback. */

import {
  formatGauges,
  type Gauge,
} from "../../formats/config/prometheus_text.ts";
import { InUseError } from "../../errors/store_errors.ts";
import type { HostAndPort } from "../serve_settings.ts";

/** Where metrics are shown. Disposing ends it. */
export interface MetricsServer extends AsyncDisposable {
  /** Where it listens: the port is never 0. */
  readonly address: HostAndPort;
}

/** Gathers what there is to show, each time somebody asks. */
export type ReadMetrics = () => readonly Gauge[] | Promise<readonly Gauge[]>;

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Begins to show metrics at `/metrics`.
 *
 * @throws {InUseError} If somebody else listens there.
 */
export function serveMetrics(
  address: HostAndPort,
  read: ReadMetrics,
): MetricsServer {
  const { hostname, port } = address;
  try {
    const server = Deno.serve(
      { hostname, port, onListen() {}, onError: () => fail(500) },
      async (request) => {
        if (new URL(request.url).pathname !== "/metrics") return fail(404);
        if (request.method !== "GET") return fail(405);
        const headers = { "content-type": CONTENT_TYPE };
        return new Response(formatGauges(await read()), { headers });
      },
    );
    return {
      address: { hostname, port: server.addr.port },
      [Symbol.asyncDispose]: () => server.shutdown(),
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new InUseError(
      `Cannot show metrics at "${hostname}:${port}": another process listens ` +
        "there",
      [],
    );
  }
}

function fail(status: number): Response {
  return new Response(null, { status });
}
