/** A server that holds connections, byte by byte: below what HTTP servers can do. */

import { sleep } from "../../../src/errors/abort.ts";

/** What comes of a connection: the pieces that are sent, each after a pause. */
export interface SlowAnswer {
  readonly pieces: Iterable<string>;
  readonly pauseMs: number;
}

/** What proves a server; PEM. */
export type ServerCertificate = Pick<Deno.TlsCertifiedKeyPem, "cert" | "key">;

/** A running server. */
export interface SlowServer extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  readonly host: string;
  /** How many connections there were. */
  readonly connections: number;
}

/**
 * Accepts connections, and answers each without reading it to its end.
 *
 * @param answer By the path that is asked for; `""` where nothing readable came.
 * @param certificate Left out, it speaks plain http.
 */
export function serveSlowly(
  answer: (path: string, host: string) => SlowAnswer,
  certificate?: ServerCertificate,
): SlowServer {
  const place = { hostname: "127.0.0.1", port: 0 };
  const listener = certificate === undefined
    ? Deno.listen(place)
    : Deno.listenTls({ ...place, ...certificate });
  const open = new Set<Deno.Conn>();
  const host = `127.0.0.1:${listener.addr.port}`;
  const over = new AbortController();
  let connections = 0;
  const done = acceptAll();
  return {
    host,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      listener.close();
      for (const connection of open) close(connection);
      await done;
    },
  };

  async function acceptAll(): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const connection of listener) {
      connections++;
      open.add(connection);
      served.push(serve(connection).catch(() => {})); // the client is gone
    }
    await Promise.all(served);
  }

  async function serve(connection: Deno.Conn): Promise<void> {
    const head = new Uint8Array(16_384);
    const count = await connection.read(head) ?? 0;
    const text = new TextDecoder().decode(head.subarray(0, count));
    const [, path = ""] = /^[A-Z]+ (\S+) HTTP/.exec(text) ?? [];
    const { pieces, pauseMs } = answer(path, host);
    for (const piece of pieces) {
      await connection.write(new TextEncoder().encode(piece));
      await sleep(pauseMs, over);
    }
    close(connection);
  }

  function close(connection: Deno.Conn): void {
    if (open.delete(connection)) connection.close();
  }
}
