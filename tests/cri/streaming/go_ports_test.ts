import { assertEquals, assertStringIncludes } from "@std/assert";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { needs } from "../../support/peers.ts";
import {
  buildGoClient,
  startGoForwarder,
} from "../../support/streaming/go_client.ts";
import {
  openLocalPort,
  serveLocally,
} from "../../support/streaming/local_ports.ts";
import { writeAll } from "../../support/streaming/upgrade.ts";
import { until } from "../../support/until.ts";

for (const transport of ["spdy", "websocket"]) {
  Deno.test({
    name: `client-go forwards many connections at once by ${transport}`,
    ...needs("go"),
    async fn() {
      await buildGoClient();
      await using pod = serveLocally(async (connection) => {
        await connection.readable.pipeTo(connection.writable);
      });
      await using server = await startStreaming();
      await using forwarder = await startGoForwarder(
        [server.portForward(openLocalPort), transport, `${pod.port}`],
      );
      const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
      const echoes = await Promise.all(
        texts.map((text) => echo(forwarder.port, text)),
      );
      assertEquals(echoes, texts);
    },
  });

  Deno.test({
    name: `client-go's end of input reaches a pod by ${transport}`,
    ...needs("go"),
    async fn() {
      await buildGoClient();
      await using pod = serveLocally(async (connection) => {
        let total = 0;
        for await (const bytes of readAll(connection)) {
          total += bytes.byteLength;
        }
        await connection.write(toBytes(`${total} bytes`));
      });
      await using server = await startStreaming();
      await using forwarder = await startGoForwarder(
        [server.portForward(openLocalPort), transport, `${pod.port}`],
      );
      const text = "x".repeat(3_000_000);
      assertEquals(await echo(forwarder.port, text), "3000000 bytes");
    },
  });

  Deno.test({
    name: `client-go's connections end when it has gone from ${transport}`,
    ...needs("go"),
    async fn() {
      await buildGoClient();
      await using pod = serveLocally(async (connection) => {
        for await (const _ of readAll(connection)) { /* It says nothing. */ }
      });
      await using server = await startStreaming();
      {
        await using forwarder = await startGoForwarder(
          [server.portForward(openLocalPort), transport, `${pod.port}`],
        );
        using connection = await Deno.connect({ port: forwarder.port });
        await connection.write(toBytes("x"));
        await until(() => pod.open > 0);
      }
      await until(() => pod.open === 0, { withinMs: 5000 });
    },
  });

  Deno.test({
    name: `client-go hears by ${transport} that nothing listens`,
    ...needs("go"),
    async fn() {
      await buildGoClient();
      await using server = await startStreaming();
      await using forwarder = await startGoForwarder(
        [server.portForward(openLocalPort), transport, "1"],
      );
      assertEquals(await echo(forwarder.port, "x"), "");
      assertStringIncludes(await forwarder.stderr, "cannot forward port 1");
    },
  });
}

async function echo(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const received = (async () => {
    let received = "";
    const decoder = new TextDecoder();
    for await (const bytes of readAll(connection)) {
      received += decoder.decode(bytes, { stream: true });
    }
    return received;
  })();
  try {
    await writeAll(connection, toBytes(text));
    await connection.closeWrite();
  } catch {
    // The other side has closed it.
  }
  return await received.catch(() => "");
}

async function* readAll(connection: Deno.Conn): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}
