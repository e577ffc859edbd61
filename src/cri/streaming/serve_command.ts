/** Joins a client's streams with those of a process. */

import { joinSignals, sleep, unlessAborted } from "../../errors/abort.ts";
import { messageOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { ProcessStreams } from "../../process/process_streams.ts";
import type { ClientStreams, Outcome } from "./client_streams.ts";
import { openUnlessGone } from "./open_unless_gone.ts";
import type { OpenProcess } from "./streaming_server.ts";
import { readTerminalSizes } from "./terminal_sizes.ts";

/** Options of {@linkcode serveCommand}. */
export interface ServeCommandOptions {
  readonly open: OpenProcess;
  /** Aborts when the server is closed. */
  readonly signal: AbortSignal;
  /**
   * How long, in milliseconds, output may stay open without data after the process
   * has ended: background processes may hold it.
   *
   * @default {10,000}
   */
  readonly quietMs?: number;
}

const QUIET_MS = 10_000;

/**
 * Runs until the process has ended and the client has all of its output, or until
 * the client disconnects. The client gets the result.
 *
 * @returns The result; undefined if the client has disconnected.
 */
export async function serveCommand(
  client: ClientStreams,
  { open, signal, quietMs = QUIET_MS }: ServeCommandOptions,
): Promise<Outcome | undefined> {
  using joined = joinSignals(client.gone, signal);
  const outcome = await run(client, open, { signal: joined.signal, quietMs });
  if (joined.signal.aborted) {
    client.abort();
    return undefined;
  }
  await client.finish(outcome);
  return outcome;
}

async function run(
  client: ClientStreams,
  open: OpenProcess,
  options: JoinOptions,
): Promise<Outcome> {
  try {
    await using streams = await openUnlessGone(open, options.signal);
    return await join(client, streams, options);
  } catch (error) {
    return { kind: "failed", message: messageOf(error) };
  }
}

interface JoinOptions {
  readonly signal: AbortSignal;
  readonly quietMs: number;
}

async function join(
  client: ClientStreams,
  streams: ProcessStreams,
  { signal, quietMs }: JoinOptions,
): Promise<Outcome> {
  const late = new AbortController();
  void copyInput(client, streams, late.signal);
  void copySizes(client, streams);
  const outputs = [
    new Output(streams.stdout, client.stdout),
    new Output(streams.stderr, client.stderr),
  ];
  try {
    const copied = Promise.all(outputs.map((output) => output.copy()));
    copied.catch(() => {}); // It is awaited below, unless the client disconnects.
    const exitCode = await unlessAborted(() => streams.ended, { signal });
    const quiet = untilQuiet(outputs, { signal: late.signal, quietMs });
    await unlessAborted(() => Promise.race([copied, quiet]), { signal });
    return { kind: "ended", exitCode };
  } finally {
    late.abort();
    await Promise.all(outputs.map((output) => output.stop()));
  }
}

/** Copies the client's input; its end ends the process's input. */
async function copyInput(
  client: ClientStreams,
  { stdin }: ProcessStreams,
  signal: AbortSignal,
): Promise<void> {
  if (client.stdin === undefined) return;
  try {
    // A disconnect is not the end of the input: others may be attached.
    if (stdin !== undefined) {
      await client.stdin.pipeTo(stdin, { preventAbort: true, signal });
    } else await client.stdin.cancel();
  } catch {
    // The process does not read any more, or the client has disconnected: reported
    // elsewhere.
  }
}

async function copySizes(
  { sizes }: ClientStreams,
  streams: ProcessStreams,
): Promise<void> {
  if (sizes === undefined) return;
  try {
    for await (const size of readTerminalSizes(sizes)) {
      await streams.resize(size);
    }
  } catch {
    // The terminal has gone, or the client.
  }
}

/** Copies one of the process's outputs to the client. */
class Output {
  readonly #from: ReadableStreamDefaultReader<Bytes>;
  #to: WritableStreamDefaultWriter<Bytes> | undefined;
  /**
   * Since when the process has not written; undefined while a write to the client
   * is pending.
   */
  quietSince: number | undefined;

  constructor(
    from: ReadableStream<Bytes>,
    to: WritableStream<Bytes> | undefined,
  ) {
    this.#from = from.getReader();
    this.#to = to?.getWriter();
    this.#to?.closed.catch(() => {}); // Who writes is told.
  }

  /** Copies all data. Data that the client does not read is discarded. */
  async copy(): Promise<void> {
    for (;;) {
      this.quietSince = performance.now();
      const { done, value } = await this.#from.read();
      if (done) return;
      this.quietSince = undefined;
      try {
        await this.#to?.write(value);
      } catch {
        this.#to = undefined; // The process must not block on it.
      }
    }
  }

  /** Stops reading. */
  async stop(): Promise<void> {
    await this.#from.cancel().catch(() => {}); // It is broken already.
    this.#from.releaseLock();
    this.#to?.releaseLock();
  }
}

/** Waits until no output has come for a while. */
async function untilQuiet(
  outputs: readonly Output[],
  { signal, quietMs }: JoinOptions,
): Promise<void> {
  try {
    for (;;) {
      await sleep(quietMs / 10, { signal });
      const latest = performance.now() - quietMs;
      if (outputs.every(({ quietSince = Infinity }) => quietSince < latest)) {
        return;
      }
    }
  } catch {
    // All output has ended.
  }
}
