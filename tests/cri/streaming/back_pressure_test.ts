import { assert, assertEquals } from "@std/assert";
import {
  controlFrame,
  FRAME_TYPES,
} from "../../../src/cri/streaming/spdy/frames.ts";
import { startStreaming } from "../../../src/cri/streaming/start_streaming.ts";
import type { OpenProcess } from "../../../src/cri/streaming/streaming_server.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import type { ByteChannel } from "../../../src/process/process_streams.ts";
import { connectSpdy } from "../../support/streaming/spdy_client.ts";
import { connectWebSocket } from "../../support/streaming/websocket_client.ts";
import { until, untilStill } from "../../support/until.ts";

const MIB = 1024 * 1024;
const TOTAL = 400 * MIB;
const wanted = { stdin: true, stdout: true, stderr: false, terminal: false };

Deno.test("a client that reads slowly holds up a process over SPDY", async () => {
  await using server = await startStreaming();
  const source = new Source();
  using client = await connectSpdy(server.exec(source.open, wanted));
  for (const streamtype of ["error", "stdin", "stdout"]) {
    await client.open({ streamtype });
  }
  await checkOutput(source, client.connection);
});

Deno.test("a client that reads slowly holds up a process over WebSocket", async () => {
  await using server = await startStreaming();
  const source = new Source();
  using client = await connectWebSocket(server.exec(source.open, wanted), {
    protocols: "v5.channel.k8s.io",
  });
  await checkOutput(source, client.connection);
});

Deno.test("a client that reads slowly holds up a port over SPDY", async () => {
  await using server = await startStreaming();
  const source = new Source();
  const url = server.portForward(source.openPort);
  using client = await connectSpdy(url, { protocol: "portforward.k8s.io" });
  for (const streamtype of ["error", "data"]) {
    await client.open({ streamtype, port: "80", requestid: "1" });
  }
  await checkOutput(source, client.connection);
});

Deno.test("a process that reads slowly holds up a client over SPDY", async () => {
  await using server = await startStreaming();
  const source = new Source();
  using client = await connectSpdy(server.exec(source.open, wanted));
  let stdin = 0;
  for (const streamtype of ["error", "stdout", "stdin"]) {
    stdin = await client.open({ streamtype });
    await client.nextOf("reply");
  }
  const before = rss();
  let sent = 0;
  const sending = (async () => {
    const part = new Uint8Array(MIB);
    for (; sent < TOTAL; sent += MIB) await client.write(stdin, part);
    await client.close(stdin);
  })();
  await untilStill(() => sent, { below: 16 * MIB });
  assertEquals(source.taken, 0);
  assert(rss() - before < 48 * MIB, `${rss() - before} bytes are held`);
  source.take();
  const draining = drain(client.connection);
  await sending;
  await source.inputEnded;
  assertEquals(source.taken, TOTAL);
  assert(rss() - before < 96 * MIB, `${rss() - before} bytes are held`);
  client.connection.close();
  await draining;
});

Deno.test("many clients that read nothing take little memory", async () => {
  await using server = await startStreaming();
  const sources = Array.from({ length: 100 }, () => new Source());
  const before = rss();
  const clients = await Promise.all(sources.map(async (source, index) => {
    if (index % 2 === 0) {
      const url = server.exec(source.open, wanted);
      return connectWebSocket(url, { protocols: "v5.channel.k8s.io" });
    }
    const client = await connectSpdy(server.exec(source.open, wanted));
    for (const streamtype of ["error", "stdin", "stdout"]) {
      await client.open({ streamtype });
    }
    // Even those that say that they have room for much.
    await client.send(
      controlFrame(FRAME_TYPES.settings, [1, 7, 0x7fff_ffff]),
    );
    return client;
  }));
  await until(() => sources.every((source) => source.given > 0));
  const given = () => sources.reduce((sum, source) => sum + source.given, 0);
  await untilStill(given, { below: sources.length * 16 * MIB });
  assert(rss() - before < 100 * MIB, `${rss() - before} bytes are held`);
  for (const client of clients) client[Symbol.dispose]();
});

/**
 * A process or a port that gives much, and takes what it is told to. The process
 * ends when its client has gone.
 */
class Source {
  given = 0;
  taken = 0;
  readonly #part = new Uint8Array(64 * 1024);
  readonly #taking = Promise.withResolvers<void>();
  readonly #inputEnded = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<void>();

  /** Settles when the client has said all. */
  readonly inputEnded = this.#inputEnded.promise;

  readonly open: OpenProcess = (signal) => {
    signal.addEventListener("abort", () => this.#left.resolve());
    return Promise.resolve({
      stdin: this.#input(),
      stdout: this.#output(),
      stderr: new ReadableStream<Bytes>({ start: (out) => out.close() }),
      resize: () => Promise.resolve(),
      // Not with its output: who has ended reads no more.
      ended: this.#left.promise.then(() => 0),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };

  readonly openPort = (): Promise<ByteChannel> =>
    Promise.resolve({
      readable: this.#output(),
      writable: this.#input(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });

  take(): void {
    this.#taking.resolve();
  }

  #output(): ReadableStream<Bytes> {
    return new ReadableStream<Bytes>({
      pull: (controller) => {
        if (this.given >= TOTAL) return controller.close();
        this.given += this.#part.byteLength;
        controller.enqueue(this.#part.slice());
      },
    }, { highWaterMark: 0 });
  }

  #input(): WritableStream<Bytes> {
    return new WritableStream<Bytes>({
      write: async (bytes) => {
        await this.#taking.promise;
        this.taken += bytes.byteLength;
      },
      close: () => this.#inputEnded.resolve(),
    });
  }
}

async function checkOutput(
  source: Source,
  connection: Deno.TcpConn,
): Promise<void> {
  const before = rss();
  await until(() => source.given > 0);
  await untilStill(() => source.given, { below: 16 * MIB });
  const total = await drain(connection, { until: TOTAL });
  assert(total >= TOTAL, `${total} bytes came`);
  assert(rss() - before < 96 * MIB, `${rss() - before} bytes are held`);
}

/** Reads, and keeps nothing. */
async function drain(
  connection: Deno.TcpConn,
  { until = Infinity }: { readonly until?: number } = {},
): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  try {
    while (total < until) {
      const count = await connection.read(buffer);
      if (count === null) break;
      total += count;
    }
  } catch {
    // It was closed.
  }
  return total;
}

function rss(): number {
  return Deno.memoryUsage().rss;
}
