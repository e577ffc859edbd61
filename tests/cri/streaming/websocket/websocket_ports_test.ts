import { assertEquals, assertMatch } from "@std/assert";
import { pingFrame } from "../../../../src/cri/streaming/spdy/frames.ts";
import { startStreaming } from "../../../../src/cri/streaming/start_streaming.ts";
import { toBytes, toText } from "../../../../src/formats/bytes.ts";
import {
  openLocalPort,
  serveLocally,
} from "../../../support/streaming/local_ports.ts";
import {
  connectWebSocket,
  type WebSocketClient,
} from "../../../support/streaming/websocket_client.ts";
import { until } from "../../../support/until.ts";

/** A pod's server, which sends back what it gets. */
function echo() {
  return serveLocally(async (connection) => {
    await connection.readable.pipeTo(connection.writable);
  });
}

/** The bytes that name a port: the lower first. */
function nameOf(port: number): string {
  return Uint8Array.of(port % 256, Math.floor(port / 256)).toHex();
}

/** The next message: its channel, and the bytes behind it. */
async function nextOf(
  client: WebSocketClient,
): Promise<readonly [number, Uint8Array]> {
  const frame = await client.next();
  if (frame?.opcode === 2) {
    return [frame.bytes[0] ?? -1, frame.bytes.subarray(1)];
  }
  if (frame?.opcode !== 1) return [-1, frame?.bytes ?? new Uint8Array()];
  const text = toText(frame.bytes);
  return [Number(text[0]), Uint8Array.fromBase64(text.slice(1))];
}

Deno.test("serveWebSocketPorts() has two channels for each port", async (t) => {
  const cases: readonly (readonly [string | undefined, boolean])[] = [
    [undefined, false],
    ["v4.channel.k8s.io", false],
    ["v4.base64.channel.k8s.io", true],
  ];
  for (const [protocols, isText] of cases) {
    await t.step(protocols ?? "no protocol", async () => {
      await using server = await startStreaming({ limits: { lingerMs: 300 } });
      await using one = echo();
      await using other = echo();
      const ports = [one.port, other.port];
      const url = server.portForward(openLocalPort, { ports });
      using client = await connectWebSocket(url, {
        ...protocols !== undefined && { protocols },
      });
      const write = (channel: number, text: string) =>
        isText
          ? client.send(`${channel}${toBytes(text).toBase64()}`, { opcode: 1 })
          : client.write(channel, text);
      const names = new Map<number, string>();
      while (names.size < 4) {
        const [channel, bytes] = await nextOf(client);
        names.set(channel, bytes.toHex());
      }
      assertEquals(
        [...names].toSorted(([a], [b]) => a - b),
        [one, one, other, other].map(({ port }, at) => [at, nameOf(port)]),
      );
      // Nobody asked for an answer to errors, nor for more channels.
      await write(1, "an error");
      await write(8, "nobody");
      for (const [channel, text] of [[2, "second"], [0, "first"]] as const) {
        await write(channel, text);
        const [from, bytes] = await nextOf(client);
        assertEquals([from, toText(new Uint8Array(bytes))], [channel, text]);
      }
      await until(() => one.open + other.open === 2);
      client.connection.close();
      await until(() => one.open + other.open === 0);
    });
  }
});

Deno.test("serveWebSocketPorts() reports which port could not be reached", async () => {
  await using server = await startStreaming({ limits: { lingerMs: 300 } });
  const open = (port: number) =>
    Promise.reject(new Error(`nobody listens at ${port}`));
  const url = server.portForward(open, { ports: [80, 0x1234] });
  using client = await connectWebSocket(url);
  const { texts, code } = await client.readAll();
  const errors = [1, 3].map((channel) => texts.get(channel)?.slice(2));
  assertEquals(errors, [
    "cannot forward port 80: nobody listens at 80",
    `cannot forward port ${0x1234}: nobody listens at ${0x1234}`,
  ]);
  assertEquals(code, 1000);
});

Deno.test("serveWebSocketPorts() ends with the server", async () => {
  const server = await startStreaming({ limits: { lingerMs: 300 } });
  await using pod = echo();
  const url = server.portForward(openLocalPort, { ports: [pod.port] });
  using client = await connectWebSocket(url);
  await until(() => pod.open === 1);
  await server.close();
  await until(() => pod.open === 0);
  await client.readAll();
});

Deno.test("ports by WebSocket are named, or a session of SPDY is within", async (t) => {
  await using server = await startStreaming({ limits: { lingerMs: 300 } });
  await t.step("none is named", async () => {
    const url = server.portForward(openLocalPort);
    using client = await connectWebSocket(url, {
      protocols: "v4.channel.k8s.io",
    });
    assertMatch(client.answer, /^HTTP\/1\.1 400 /);
  });
  await t.step("by a tunnel", async () => {
    const url = server.portForward(openLocalPort);
    using client = await connectWebSocket(url, {
      protocols: "SPDY/3.1+portforward.k8s.io",
    });
    assertMatch(client.answer, /^HTTP\/1\.1 101 /);
    assertMatch(
      client.answer,
      /Sec-WebSocket-Protocol: SPDY\/3\.1\+portforward\.k8s\.io/,
    );
    const ping = pingFrame(7);
    await client.send(ping);
    const frame = await client.next();
    assertEquals(frame?.bytes.toHex(), ping.toHex());
  });
});
