/** A web server that does what a test says, and remembers what it was asked. */

/** A running server. */
export interface HostileServer extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  readonly host: string;
  /** All requests so far. */
  readonly requests: readonly SeenRequest[];
}

/** What is kept of a request. */
export type SeenRequest = Pick<Request, "method" | "url" | "headers">;

/** Serves on 127.0.0.1: `await using server = serveHostile(…);`. */
export function serveHostile(
  handler: (request: Request) => Response | Promise<Response>,
): HostileServer {
  const requests: SeenRequest[] = [];
  const abort = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: abort.signal,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, (request) => {
    const { method, url } = request;
    // Deno forgets the original once it is answered.
    requests.push({ method, url, headers: new Headers(request.headers) });
    return handler(request);
  });
  return {
    host: `127.0.0.1:${server.addr.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await server.finished;
    },
  };
}
