import { assert, assertEquals } from "@std/assert";
import {
  FrameReader,
  SpdyProtocolError,
} from "../../../src/cri/streaming/spdy/frame_reader.ts";
import {
  controlFrame,
  dataFrame,
  FRAME_TYPES,
  goAwayFrame,
  pingFrame,
  resetFrame,
  windowFrame,
} from "../../../src/cri/streaming/spdy/frames.ts";
import { HeaderInflater } from "../../../src/cri/streaming/spdy/header_block.ts";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import type {
  OpenProcess,
  StreamingServer,
} from "../../../src/cri/streaming/streaming_server.ts";
import { readTerminalSizes } from "../../../src/cri/streaming/terminal_sizes.ts";
import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";
import { seededRandom } from "../../support/seeded.ts";
import {
  connectSpdy,
  encodeHeaders,
  HeaderDeflater,
} from "../../support/streaming/spdy_client.ts";
import {
  clientFrame,
  connectWebSocket,
} from "../../support/streaming/websocket_client.ts";
import { until } from "../../support/until.ts";

const random = seededRandom("damaged streams");
const TIMES = Number(Deno.env.get("ORLOP_FUZZ") ?? 1);
const MIB = 1024 * 1024;
const wanted = { stdin: true, stdout: true, stderr: false, terminal: false };

Deno.test("FrameReader refuses damaged frames by the error for that", async () => {
  const good = await goodSession();
  for (let times = 0; times < 20_000 * TIMES; times++) {
    const bytes = damage(good);
    const reader = new FrameReader();
    try {
      for (const part of parts(bytes)) [...reader.read(part)];
    } catch (error) {
      assert(error instanceof SpdyProtocolError, String(error));
    }
  }
});

Deno.test("HeaderInflater refuses damaged blocks by the error for that", async () => {
  for (let times = 0; times < 2000 * TIMES; times++) {
    using deflater = new HeaderDeflater();
    using inflater = new HeaderInflater();
    const plain = encodeHeaders({ streamtype: "stdin", port: "80" });
    const isPlainDamaged = times % 2 === 0;
    const block = await deflater.deflate(
      isPlainDamaged ? damage(plain) : plain,
    );
    try {
      await inflater.read(isPlainDamaged ? block : damage(block));
      await inflater.read(block);
    } catch (error) {
      assert(error instanceof SpdyProtocolError, String(error));
    }
  }
});

Deno.test("readTerminalSizes() gives sizes that terminals have", async () => {
  const good = toBytes('{"Width":80,"Height":24}\n{"Width":1000,"Height":7}');
  for (let times = 0; times < 3000 * TIMES; times++) {
    const stream = ReadableStream.from(parts(damage(good)));
    for await (const { columns, rows } of readTerminalSizes(stream)) {
      for (const side of [columns, rows]) {
        assert(Number.isInteger(side) && side >= 1 && side <= 0xffff);
      }
    }
  }
});

Deno.test("the server outlives damaged sessions of SPDY", async () => {
  await using server = await startStreaming({ limits });
  const good = await goodSession();
  await attack(server, async (url) => {
    using client = await connectSpdy(url);
    await send(client.connection, damage(good));
  });
});

Deno.test("the server outlives damaged connections of WebSocket", async () => {
  await using server = await startStreaming({ limits });
  const good = concatBytes([
    clientFrame({ opcode: 2, bytes: toBytes("\0text"), isLast: true }),
    clientFrame({ opcode: 9, bytes: toBytes("ping"), isLast: true }),
    clientFrame({ opcode: 2, bytes: toBytes("\0be"), isLast: false }),
    clientFrame({ opcode: 0, bytes: toBytes("gun"), isLast: true }),
    clientFrame({ opcode: 2, bytes: new Uint8Array(300), isLast: true }),
    clientFrame({ opcode: 2, bytes: Uint8Array.of(255, 0), isLast: true }),
    clientFrame({ opcode: 8, bytes: Uint8Array.of(3, 232), isLast: true }),
  ]);
  await attack(server, async (url) => {
    using client = await connectWebSocket(url, {
      protocols: "v5.channel.k8s.io",
    });
    await send(client.connection, damage(good));
  });
});

Deno.test("the server outlives damaged requests", async () => {
  await using server = await startStreaming({ limits });
  await attack(server, async (url) => {
    const { port, pathname } = new URL(url);
    const good = toBytes(
      `POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nUpgrade: SPDY/3.1\r\n` +
        "Connection: Upgrade\r\nContent-Length: 0\r\n" +
        "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n",
    );
    const to = { hostname: "127.0.0.1", port: Number(port) };
    using connection = await Deno.connect(to);
    await send(connection, damage(good));
  });
});

const limits = { lingerMs: 50, creationMs: 200, headMs: 200, maxTokens: 1e6 };

/** Connects many times; behind all that, the server is as it was. */
async function attack(
  server: StreamingServer,
  connect: (url: string) => Promise<void>,
): Promise<void> {
  let running = 0;
  let before = 0;
  const open: OpenProcess = (signal) => {
    running++;
    const ended = Promise.withResolvers<number>();
    signal.addEventListener("abort", () => ended.resolve(0));
    const { readable, writable } = new TransformStream<Bytes, Bytes>();
    return Promise.resolve({
      ...{ stdin: writable, stdout: readable, ended: ended.promise },
      stderr: new Blob([]).stream(),
      resize: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(void running--),
    });
  };
  for (let round = 0; round < 20 * TIMES; round++) {
    // The first ones have it compiled, and buffers made.
    if (round === 5) before = Deno.memoryUsage().rss;
    const urls = Array.from({ length: 25 }, () => server.exec(open, wanted));
    await Promise.allSettled(urls.map(connect));
  }
  await until(() => running === 0, { withinMs: 5000 });
  const growth = Deno.memoryUsage().rss - before;
  assert(growth < 100 * MIB, `${growth} bytes more`);
  using client = await connectSpdy(server.exec(open, wanted));
  assertEquals(client.answer.split(" ")[1], "101");
}

/** Frames of a client that does all that it may. */
async function goodSession(): Promise<Bytes> {
  using deflater = new HeaderDeflater();
  const stream = async (id: number, streamtype: string) => {
    const block = await deflater.deflate(encodeHeaders({ streamtype }));
    const rest = concatBytes([new Uint8Array(2), block]);
    return controlFrame(FRAME_TYPES.stream, [id, 0], { rest });
  };
  return concatBytes([
    controlFrame(FRAME_TYPES.settings, [1, 7, 70_000]),
    await stream(1, "error"),
    await stream(3, "stdin"),
    pingFrame(1),
    await stream(5, "stdout"),
    dataFrame(3, toBytes("some text"), { isLast: false }),
    windowFrame(5, 1000),
    dataFrame(3, new Uint8Array(3000), { isLast: false }),
    windowFrame(0, 1000),
    dataFrame(3, new Uint8Array(0), { isLast: true }),
    resetFrame(5, 5),
    goAwayFrame(0, 0),
  ]);
}

/** Changes, removes, adds and repeats bytes. */
function damage(good: Bytes): Bytes {
  let bytes = good.slice();
  for (let left = 1 + below(4); left > 0; left--) {
    const at = below(bytes.byteLength);
    const size = 1 + below(12);
    const [begin, end] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (below(6)) {
      case 0:
        bytes[at] = below(256);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      case 2:
        bytes = concatBytes([begin, end.subarray(size)]);
        break;
      case 3:
        bytes = concatBytes([begin, randomBytes(size), end]);
        break;
      case 4:
        bytes = concatBytes([bytes.subarray(0, at + size), end]);
        break;
      case 5:
        bytes.set([0xff, 0xff, 0xff, 0xff].slice(0, end.byteLength), at);
        break;
    }
  }
  return bytes;
}

function parts(bytes: Bytes): readonly Bytes[] {
  const at = below(bytes.byteLength + 1);
  return [bytes.slice(0, at), bytes.slice(at)];
}

function randomBytes(size: number): Bytes {
  return Uint8Array.from({ length: size }, () => below(256));
}

function below(limit: number): number {
  return Math.floor(random() * limit);
}

/** Sends bytes, and reads a while. */
async function send(connection: Deno.TcpConn, bytes: Bytes): Promise<void> {
  await connection.write(bytes);
  const timer = setTimeout(() => connection.closeWrite().catch(() => {}), 60);
  const buffer = new Uint8Array(4096);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // The server has broken it off.
  }
  clearTimeout(timer);
}
