import { assert, assertEquals, assertMatch } from "@std/assert";
import { sleep } from "../../../../src/errors/abort.ts";
import { startStreaming } from "../../../../src/cri/streaming/start_streaming.ts";
import type { WantedStreams } from "../../../../src/cri/streaming/streaming_server.ts";
import { concatBytes, toBytes, toText } from "../../../../src/formats/bytes.ts";
import { localProcesses } from "../../../support/streaming/local_process.ts";
import { until, untilStill } from "../../../support/until.ts";
import {
  connectWebSocket,
  type WebSocketClient,
} from "../../../support/streaming/websocket_client.ts";

const V4 = "v4.channel.k8s.io";
const V5 = "v5.channel.k8s.io";
const SUCCESS = '{"metadata":{},"status":"Success"}';
const MIB = 1024 * 1024;

Deno.test("openWebSocketCommand() speaks all versions", async (t) => {
  const failure = '{"metadata":{},"status":"Failure",' +
    '"message":"command terminated with non-zero exit code: 3",' +
    '"reason":"NonZeroExitCode",' +
    '"details":{"causes":[{"reason":"ExitCode","message":"3"}]}}';
  const text = "command terminated with non-zero exit code: 3";
  const statuses: Readonly<Record<string, string>> = {
    [V5]: failure,
    [V4]: failure,
    "channel.k8s.io": text,
    "unknown, v4.channel.k8s.io, v5.channel.k8s.io": failure,
  };
  for (const [protocols, status] of Object.entries(statuses)) {
    await t.step(protocols, async () => {
      await using session = await begin("echo out; echo err >&2; exit 3", {
        protocols,
      });
      const chosen = protocols.split(", ").at(protocols.includes(",") ? 1 : 0);
      assertMatch(
        session.client.answer,
        new RegExp(`Sec-WebSocket-Protocol: ${chosen}$`),
      );
      assertEquals(await session.client.readAll(), {
        texts: new Map([[1, "out\n"], [2, "err\n"], [3, status]]),
        code: 1000,
      });
    });
  }
  await t.step("none", async () => {
    await using session = await begin("exit 3", {});
    assert(!session.client.answer.includes("Sec-WebSocket-Protocol"));
    const { texts } = await session.client.readAll();
    assertEquals(texts.get(3), text);
  });
});

Deno.test("openWebSocketCommand() speaks base64", async () => {
  await using session = await begin("head -c 3; echo done", {
    protocols: "v4.base64.channel.k8s.io",
  });
  const { client } = session;
  await client.send(`0${toBytes("abc").toBase64()}`, { opcode: 1 });
  const frames: string[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame?.opcode !== 1) break;
    frames.push(toText(frame.bytes));
  }
  const texts = frames.map((text): [string, string] => [
    text[0] ?? "",
    toText(Uint8Array.fromBase64(text.slice(1))),
  ]);
  const of = (channel: string) =>
    texts.filter(([name]) => name === channel).map(([, text]) => text).join("");
  assertEquals([of("1"), of("3")], ["abcdone\n", SUCCESS]);
});

Deno.test("openWebSocketCommand() refuses protocols that it knows not", async () => {
  await using server = await startStreaming();
  const { open } = localProcesses("echo hi");
  const url = server.exec(open, all);
  using client = await connectWebSocket(url, {
    protocols: "v9.channel.k8s.io",
  });
  assertMatch(client.answer, /^HTTP\/1.1 400 /);
});

Deno.test("openWebSocketCommand() refuses requests that are none", async (t) => {
  await using server = await startStreaming({ limits: { lingerMs: 300 } });
  const requests: readonly Readonly<Record<string, string>>[] = [
    { "Sec-WebSocket-Key": "" },
    { "Sec-WebSocket-Key": "short" },
    { "Sec-WebSocket-Version": "12" },
    { "Upgrade": "h2c" },
    { "Sec-WebSocket-Version": "" },
  ];
  for (const headers of requests) {
    await t.step(JSON.stringify(headers), async () => {
      const processes = localProcesses("echo hi");
      const url = server.exec(processes.open, all);
      using client = await connectWebSocket(url, { protocols: V5, headers });
      assertMatch(client.answer, /^HTTP\/1.1 400 /);
      assertEquals(processes.begun, 0);
    });
  }
});

Deno.test("openWebSocketCommand() takes messages in many frames", async () => {
  await using session = await begin("cat");
  const { client } = session;
  await client.send(Uint8Array.of(0), { isLast: false });
  for (const letter of "message") {
    await client.send(letter, { opcode: 0, isLast: false });
    await client.send("p", { opcode: 9 });
  }
  await client.send("!", { opcode: 0 });
  await client.write(255, Uint8Array.of(0));
  const { texts } = await client.readAll();
  assertEquals([texts.get(1), texts.get(3)], ["message!", SUCCESS]);
});

Deno.test("openWebSocketCommand() reads sizes of terminals, where there are any", async (t) => {
  await using server = await startStreaming({ limits: { lingerMs: 500 } });
  for (const terminal of [true, false]) {
    await t.step(`${terminal}`, async () => {
      const processes = localProcesses("read line; echo $line");
      const wanted = { ...all, stderr: false, terminal };
      using client = await connectWebSocket(
        server.exec(processes.open, wanted),
        { protocols: V5 },
      );
      await client.write(4, '{"Width":90,"Height":30}');
      if (terminal) await until(() => processes.sizes.length === 1);
      await client.write(0, "done\n");
      const { texts } = await client.readAll();
      assertEquals(texts.get(1), "done\n");
      assertEquals(
        processes.sizes,
        terminal ? [{ columns: 90, rows: 30 }] : [],
      );
    });
  }
});

Deno.test("openWebSocketCommand() greets on the lowest channel that there is", async (t) => {
  await using server = await startStreaming({ limits: { lingerMs: 500 } });
  const none = { stdin: true, stdout: false, stderr: false, terminal: false };
  const cases: readonly (readonly [WantedStreams, number])[] = [
    [{ ...none, stdout: true, stderr: true }, 1],
    [{ ...none, stderr: true }, 2],
    [none, 3],
  ];
  for (const [wanted, channel] of cases) {
    await t.step(`${channel}`, async () => {
      const { open } = localProcesses("read line");
      const url = server.exec(open, wanted);
      using client = await connectWebSocket(url, { protocols: V5 });
      const frame = await client.next();
      assertEquals([...frame?.bytes ?? []], [channel]);
      await client.write(0, "\n");
      await client.readAll();
    });
  }
});

Deno.test("openWebSocketCommand() ignores channels that mean nothing", async () => {
  await using session = await begin("cat");
  const { client } = session;
  await client.send(new Uint8Array(0));
  for (const channel of [1, 2, 3, 4, 5, 77, 254]) {
    await client.write(channel, "x");
  }
  await client.write(255, Uint8Array.of(1)); // Not the client's to close.
  await client.write(0, "x");
  await client.write(255, Uint8Array.of(0));
  await client.write(0, "too late");
  await client.write(255, Uint8Array.of(0));
  const { texts } = await client.readAll();
  assertEquals([texts.get(1), texts.get(3)], ["x", SUCCESS]);
});

Deno.test("openWebSocketCommand() closes no input by version 4", async () => {
  await using session = await begin("exec cat", { protocols: V4 });
  const { client, processes } = session;
  await client.write(0, "x");
  await client.write(255, Uint8Array.of(0));
  await sleep(200);
  assertEquals(processes.running, 1);
});

Deno.test("openWebSocketCommand() ends with those that break the protocol", async (t) => {
  const cases: Readonly<
    Record<string, (client: WebSocketClient) => Promise<unknown>>
  > = {
    "a close of nothing": (client) => client.write(255, ""),
    "a close of much": (client) => client.write(255, "abc"),
    "a message too long": (client) => client.send(new Uint8Array(5 * MIB)),
    "an unknown kind of frame": (client) => client.send("x", { opcode: 5 }),
    "a long ping": (client) => client.send(new Uint8Array(200), { opcode: 9 }),
    "more of nothing": (client) => client.send("x", { opcode: 0 }),
    "a frame without a mask": (client) =>
      client.connection.write(Uint8Array.of(0x82, 1, 0)),
    "a length of 2^63": (client) =>
      client.connection.write(
        Uint8Array.of(0x82, 0xff, 0xff, ...new Array(11).fill(0xff)),
      ),
    "compression": (client) =>
      client.connection.write(Uint8Array.of(0xc2, 0x80, 0, 0, 0, 0)),
    "a cut connection": (client) => Promise.resolve(client[Symbol.dispose]()),
    "a half-closed connection": (client) => client.connection.closeWrite(),
    "an end": (client) => client.send(Uint8Array.of(3, 232), { opcode: 8 }),
  };
  for (const [name, breakIt] of Object.entries(cases)) {
    await t.step(name, async () => {
      await using session = await begin("exec sleep 60");
      await session.client.next();
      await until(() => session.processes.running === 1);
      await breakIt(session.client).catch(() => {}); // It is closed meanwhile.
      await until(() => session.processes.running === 0, { withinMs: 5000 });
    });
  }
});

Deno.test("openWebSocketCommand() takes no more than is read, whatever is sent", async () => {
  await using session = await begin("exec sleep 60");
  const { client, processes } = session;
  let sent = 0;
  const message = concatBytes([Uint8Array.of(0), new Uint8Array(MIB)]);
  const sending = (async () => {
    for (;;) {
      await client.send(message);
      sent++;
    }
  })();
  sending.catch(() => {}); // The connection is closed in the end.
  await untilStill(() => sent, { below: 16 });
  // It is noticed by what is written.
  client.connection.close();
  await until(() => processes.running === 0, { withinMs: 15_000 });
});

Deno.test("openWebSocketCommand() holds few pongs for a client that reads none", async () => {
  await using session = await begin("exec sleep 60");
  const { client } = session;
  const ping = Uint8Array.of(0x89, 0x80 | 100, ...new Uint8Array(104));
  const pings = concatBytes(Array.from({ length: 1000 }, () => ping));
  let sent = 0;
  const start = performance.now();
  try {
    while (performance.now() - start < 10_000) {
      await client.connection.write(pings);
      sent += pings.byteLength;
    }
  } catch {
    // The server has ended it.
  }
  assert(sent < 64 * MIB, `${sent} bytes were taken`);
});

const all: WantedStreams = {
  ...{ stdin: true, stdout: true, stderr: true, terminal: false },
};

interface Session extends AsyncDisposable {
  readonly client: WebSocketClient;
  readonly processes: ReturnType<typeof localProcesses>;
}

async function begin(
  script: string,
  request: { readonly protocols?: string } = { protocols: V5 },
): Promise<Session> {
  const server = await startStreaming({ limits: { lingerMs: 500 } });
  const processes = localProcesses(script);
  const url = server.exec(processes.open, all);
  const client = await connectWebSocket(url, request);
  return {
    ...{ client, processes },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server.close();
    },
  };
}
