/** Ports of this machine in place of a pod's. */

import type { ByteChannel } from "../../../src/process/process_streams.ts";
import { writeAll } from "./upgrade.ts";

/** Connects to a port of 127.0.0.1. */
export async function openLocalPort(port: number): Promise<ByteChannel> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  return {
    readable: connection.readable,
    // Its end is the end of what is written: the other direction stays.
    writable: new WritableStream({
      write: (bytes) => writeAll(connection, bytes),
      close: () => connection.closeWrite(),
    }),
    [Symbol.asyncDispose]() {
      try {
        connection.close();
      } catch {
        // Reading to its end has closed it.
      }
      return Promise.resolve();
    },
  };
}

/** A server, and what it does with a connection. */
export interface LocalServer extends AsyncDisposable {
  readonly port: number;
  /** How many connections are open. */
  readonly open: number;
}

/** Listens on 127.0.0.1: `await using server = serveLocally(…)`. */
export function serveLocally(
  serve: (connection: Deno.TcpConn) => Promise<void>,
): LocalServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Map<Deno.TcpConn, Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      const done = serve(connection).catch(() => {}).finally(() => {
        connections.delete(connection);
        close(connection);
      });
      connections.set(connection, done);
    }
  })();
  return {
    port: listener.addr.port,
    get open() {
      return connections.size;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      const all = [...connections];
      for (const [connection] of all) close(connection);
      await Promise.all(all.map(([, done]) => done));
    },
  };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
