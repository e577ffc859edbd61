import { assert, assertEquals } from "@std/assert";
import type {
  ClientStreams,
  Outcome,
} from "../../../src/cri/streaming/client_streams.ts";
import { ReceiveBuffer } from "../../../src/cri/streaming/receive_buffer.ts";
import { sleep } from "../../../src/errors/abort.ts";
import { serveCommand } from "../../../src/cri/streaming/serve_command.ts";
import { type Bytes, toBytes, toText } from "../../../src/formats/bytes.ts";
import type { ProcessStreams } from "../../../src/process/process_streams.ts";

const { signal } = new AbortController();

Deno.test("serveCommand() tells the end when all output is out", async () => {
  const [client, process] = [new Client(), new Process()];
  const serving = serveCommand(client.streams, { open: process.open, signal });
  process.exit(3);
  await sleep(20);
  assertEquals(client.outcomes, []);
  process.stdout.push(toBytes("last words"));
  await sleep(20);
  for (const output of [process.stdout, process.stderr]) output.end();
  assertEquals(await serving, { kind: "ended", exitCode: 3 });
  assertEquals([client.text, client.outcomes.length], ["last words", 1]);
  assert(process.isDisposed);
});

Deno.test("serveCommand() waits a while for output that others hold open", async () => {
  const [client, process] = [new Client(), new Process()];
  const start = performance.now();
  const serving = serveCommand(client.streams, {
    ...{ open: process.open, signal, quietMs: 900 },
  });
  process.exit(0);
  process.stderr.end();
  for (let times = 0; times < 5; times++) {
    await sleep(300);
    process.stdout.push(toBytes("x"));
  }
  assertEquals(await serving, { kind: "ended", exitCode: 0 });
  assertEquals(client.text, "xxxxx");
  assert(performance.now() - start > 2100);
});

Deno.test("serveCommand() waits for a client that reads slowly", async () => {
  const [client, process] = [new Client({ writeMs: 500 }), new Process()];
  const serving = serveCommand(client.streams, {
    ...{ open: process.open, signal, quietMs: 100 },
  });
  process.stdout.push(toBytes("slow"));
  process.exit(0);
  for (const output of [process.stdout, process.stderr]) output.end();
  await serving;
  assertEquals(client.text, "slow");
});

Deno.test("serveCommand() discards output that is not wanted", async () => {
  const [client, process] = [new Client(), new Process()];
  const streams = { ...client.streams, stdout: undefined, stderr: undefined };
  const serving = serveCommand(streams, { open: process.open, signal });
  for (let times = 0; times < 30; times++) {
    await process.stdout.push(new Uint8Array(50_000));
  }
  process.stdout.end();
  process.stderr.end();
  process.exit(0);
  assertEquals(await serving, { kind: "ended", exitCode: 0 });
});

Deno.test("serveCommand() leaves the input of a client that goes open", async () => {
  const [client, process] = [new Client(), new Process()];
  const serving = serveCommand(client.streams, { open: process.open, signal });
  await client.stdin.push(toBytes("typed"));
  await sleep(20);
  client.leave();
  assertEquals(await serving, undefined);
  assertEquals([process.input, process.isInputEnded], ["typed", false]);
  assert(process.isDisposed);
  assert(process.signal?.aborted);
});

Deno.test("serveCommand() ends the input of a client that says so", async () => {
  const [client, process] = [new Client(), new Process()];
  const serving = serveCommand(client.streams, { open: process.open, signal });
  await client.stdin.push(toBytes("typed"));
  client.stdin.end();
  await sleep(20);
  assertEquals([process.input, process.isInputEnded], ["typed", true]);
  for (const output of [process.stdout, process.stderr]) output.end();
  process.exit(undefined);
  assertEquals(await serving, { kind: "ended", exitCode: undefined });
});

Deno.test("serveCommand() closes what is open after its client has gone", async () => {
  const [client, process] = [new Client(), new Process()];
  const opened = Promise.withResolvers<ProcessStreams>();
  const serving = serveCommand(client.streams, {
    open: () => opened.promise,
    signal,
  });
  client.leave();
  assertEquals(await serving, undefined);
  assertEquals(client.outcomes, []);
  opened.resolve(await process.open(signal));
  await sleep(20);
  assert(process.isDisposed);
});

Deno.test("serveCommand() ends with the server", async () => {
  const [client, process] = [new Client(), new Process()];
  const server = new AbortController();
  const serving = serveCommand(client.streams, {
    open: process.open,
    signal: server.signal,
  });
  await sleep(20);
  server.abort();
  assertEquals(await serving, undefined);
  assert(client.isAborted && process.isDisposed);
});

Deno.test("serveCommand() reports what fails", async (t) => {
  await t.step("when it is opened", async () => {
    const client = new Client();
    const open = () => Promise.reject(new Error("Cannot open: why"));
    await serveCommand(client.streams, { open, signal });
    const message = "Cannot open: why";
    assertEquals(client.outcomes, [{ kind: "failed", message }]);
  });
  await t.step("when it is opened at once", async () => {
    const client = new Client();
    const open = () => {
      throw new Error("Cannot open: why");
    };
    await serveCommand(client.streams, { open, signal });
    assertEquals(client.outcomes.length, 1);
  });
  await t.step("when it ends", async () => {
    const [client, process] = [new Client(), new Process()];
    process.fail(new Error("Cannot wait: why"));
    await serveCommand(client.streams, { open: process.open, signal });
    const message = "Cannot wait: why";
    assertEquals(client.outcomes, [{ kind: "failed", message }]);
  });
});

class Client {
  readonly stdin = new ReceiveBuffer();
  readonly outcomes: Outcome[] = [];
  readonly streams: ClientStreams;
  readonly #gone = new AbortController();
  text = "";
  isAborted = false;

  constructor({ writeMs = 0 }: { readonly writeMs?: number } = {}) {
    this.streams = {
      stdin: this.stdin.readable,
      stdout: new WritableStream({
        write: async (bytes) => {
          if (writeMs > 0) await sleep(writeMs);
          this.text += toText(bytes);
        },
      }),
      stderr: new WritableStream(),
      sizes: undefined,
      gone: this.#gone.signal,
      finish: (outcome) => Promise.resolve(void this.outcomes.push(outcome)),
      abort: () => void (this.isAborted = true),
    };
  }

  leave(): void {
    this.stdin.fail(new Error("gone"));
    this.#gone.abort(new Error("gone"));
  }
}

class Process {
  readonly stdout = new ReceiveBuffer();
  readonly stderr = new ReceiveBuffer();
  readonly #ended = Promise.withResolvers<number | undefined>();
  input = "";
  isInputEnded = false;
  isDisposed = false;
  signal: AbortSignal | undefined;

  readonly open = (signal: AbortSignal): Promise<ProcessStreams> => {
    this.signal = signal;
    return Promise.resolve({
      stdin: new WritableStream<Bytes>({
        write: (bytes) => void (this.input += toText(bytes)),
        close: () => void (this.isInputEnded = true),
        abort: () => void (this.isInputEnded = true),
      }),
      stdout: this.stdout.readable,
      stderr: this.stderr.readable,
      resize: () => Promise.resolve(),
      ended: this.#ended.promise,
      [Symbol.asyncDispose]: () =>
        Promise.resolve(void (this.isDisposed = true)),
    });
  };

  exit(code: number | undefined): void {
    this.#ended.resolve(code);
  }

  fail(error: Error): void {
    this.#ended.promise.catch(() => {}); // It may be heard later.
    this.#ended.reject(error);
  }
}
