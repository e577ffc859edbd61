/** An HTTP proxy for tests: whatever host is asked for, it connects to loopback. */

import { toBytes, toText } from "../../../src/formats/bytes.ts";

/** A running proxy. */
export interface ConnectProxy extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  readonly host: string;
  /** The first lines of all requests, such as `CONNECT registry.test:443`. */
  readonly asked: readonly string[];
}

/** How the proxy is to be. */
export interface ConnectProxyOptions {
  /** The login that it wants: `user:password`. */
  readonly login?: string;
  /** The only answer that it gives. */
  readonly status?: string;
}

/** Starts a proxy: `await using proxy = startProxy();` */
export function startProxy(options: ConnectProxyOptions = {}): ConnectProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const open = new Set<Promise<void>>();
  const connections = new Set<Deno.TcpConn>();
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      const served = serve(connection, { ...options, asked, connections });
      open.add(served.catch(() => {}));
    }
  })();
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const connection of connections) close(connection);
      await Promise.all(open);
    },
  };
}

async function serve(
  client: Deno.TcpConn,
  { login, status, asked, connections }: ConnectProxyOptions & {
    readonly asked: string[];
    readonly connections: Set<Deno.TcpConn>;
  },
): Promise<void> {
  const head = await readHead(client);
  const [, method = "", target = "", rest = ""] =
    /^(\S+) (\S+) (.*)$/s.exec(head) ?? [];
  asked.push(`${method} ${target}`);
  const wanted = login && `authorization: basic ${btoa(login)}`.toLowerCase();
  const refusal = wanted && !head.toLowerCase().includes(wanted)
    ? "407 Proxy Authentication Required"
    : status;
  if (refusal !== undefined) {
    await client.write(
      toBytes(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\n\r\n`),
    );
    return close(client);
  }
  const url = new URL(method === "CONNECT" ? `http://${target}` : target);
  const server = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(url.port || 80),
  });
  connections.add(server);
  await (method === "CONNECT"
    ? client.write(toBytes("HTTP/1.1 200 Connection established\r\n\r\n"))
    // One request a connection, as the headers of more are not looked at.
    : server.write(
      toBytes(
        `${method} ${url.pathname}${url.search} ` +
          rest.replace(/\r\n/, "\r\nConnection: close\r\n"),
      ),
    ));
  await Promise.allSettled([
    client.readable.pipeTo(server.writable),
    server.readable.pipeTo(client.writable),
  ]);
}

async function readHead(client: Deno.TcpConn): Promise<string> {
  let head = "";
  const buffer = new Uint8Array(4096);
  while (!head.includes("\r\n\r\n")) {
    const count = await client.read(buffer);
    if (count === null) break;
    head += toText(buffer.subarray(0, count));
  }
  return head;
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed from the other side.
  }
}
