/** A connection to a server that stops, until a test lets it go on. */

/** A proxy of TCP connections. */
export interface StallingProxy extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  readonly host: string;
  /** Lets all that is held back through, and all that is to come. */
  release(): void;
}

/**
 * Starts a proxy.
 *
 * @param target The server, such as `127.0.0.1:40123`.
 * @param stallAfter How many bytes of all answers together come through.
 */
export function startStallingProxy(
  target: string,
  { stallAfter }: { readonly stallAfter: number },
): StallingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const released = Promise.withResolvers<void>();
  const connections = new Set<Deno.TcpConn>();
  let passed = 0;
  const done = acceptAll();
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    release: released.resolve,
    async [Symbol.asyncDispose]() {
      released.resolve();
      listener.close();
      await done;
    },
  };

  async function acceptAll(): Promise<void> {
    const relays: Promise<void>[] = [];
    try {
      for await (const client of listener) relays.push(relay(client));
    } finally {
      for (const connection of connections) close(connection);
      await Promise.all(relays);
    }
  }

  async function relay(client: Deno.TcpConn): Promise<void> {
    const [hostname = "", port] = target.split(":");
    const server = await Deno.connect({ hostname, port: Number(port) });
    connections.add(client).add(server);
    try {
      await Promise.race([
        client.readable.pipeTo(server.writable),
        server.readable.pipeThrough(brake()).pipeTo(client.writable),
      ]);
    } catch {
      // One side is gone, as it is when a client is killed.
    } finally {
      close(client);
      close(server);
    }
  }

  function brake(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      async transform(chunk, controller) {
        const rest = Math.max(stallAfter - passed, 0);
        passed += chunk.length;
        controller.enqueue(chunk.slice(0, rest));
        if (rest >= chunk.length) return;
        await released.promise;
        controller.enqueue(chunk.slice(rest));
      },
    });
  }

  function close(connection: Deno.TcpConn): void {
    connections.delete(connection);
    try {
      connection.close();
    } catch {
      // It was closed by its streams.
    }
  }
}
