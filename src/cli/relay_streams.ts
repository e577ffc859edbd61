/** Connects orlop's own streams and terminal to a process. */

import { whyOf } from "../errors/why.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { Libc } from "../process/libc.ts";
import type { ProcessStreams } from "../process/process_streams.ts";
import { openKeyFilter } from "./input/detach_keys.ts";

/** How they are connected. */
export interface RelayOptions {
  /** Whether the process gets what orlop reads. */
  readonly stdin: boolean;
  /** Whether it has a terminal: then orlop's terminal is in raw mode. */
  readonly terminal: boolean;
  /** The bytes of the detach keys; none if empty. */
  readonly detachKeys: Bytes;
  /** Sets orlop's terminal to pass output through unchanged. */
  readonly libc: Pick<Libc, "terminals"> | undefined;
  /** Ends the relay, not the process. */
  readonly signal?: AbortSignal | undefined;
}

/** How a relay ended. */
export type RelayEnd =
  | { readonly why: "detached" }
  | { readonly why: "ended"; readonly exitCode: number | undefined };

/**
 * Relays data until the process ends or the user detaches. The terminal is restored
 * afterwards.
 *
 * @throws {Error} If output of the process was lost, as on a full disk.
 */
export async function relayStreams(
  process: ProcessStreams,
  options: RelayOptions,
): Promise<RelayEnd> {
  const { stdin, terminal, detachKeys, signal } = options;
  using undo = new DisposableStack();
  const leave = Promise.withResolvers<RelayEnd>();
  const abort = () => leave.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  undo.defer(() => signal?.removeEventListener("abort", abort));
  signal?.throwIfAborted();
  const isTyped = terminal && stdin && Deno.stdin.isTerminal();
  if (isTyped) {
    Deno.stdin.setRaw(IS_RAW);
    undo.defer(() => Deno.stdin.setRaw(!IS_RAW));
    undo.use(options.libc?.terminals?.passOutput(STDIN));
  }
  if (terminal && Deno.stdout.isTerminal()) undo.use(followSize(process));
  if (stdin && process.stdin !== undefined) {
    // Not waited for: a read ends when somebody types.
    readInput(process.stdin, isTyped ? detachKeys : NO_KEYS)
      .then((end) => end === "detached" && leave.resolve({ why: "detached" }))
      .catch(() => {}); // the process has ended, and says so
  }
  return await Promise.race([waitForEnd(process), leave.promise]);
}

// Each key as it comes, and nothing shown but what the process shows.
const IS_RAW = true;
const STDIN = 0;
const NO_KEYS: Bytes = new Uint8Array(0);
const READ_BYTES = 4096;

async function waitForEnd(process: ProcessStreams): Promise<RelayEnd> {
  const [failure] = await Promise.all([
    writeOutput(process.stdout, Deno.stdout),
    writeOutput(process.stderr, Deno.stderr),
  ]);
  const exitCode = await process.ended;
  if (failure !== undefined) {
    throw new Error(`Cannot write to stdout: ${whyOf(failure)}`, {
      cause: failure,
    });
  }
  return { why: "ended", exitCode };
}

/**
 * Writes what a process says. If orlop's output is closed or full, data is dropped:
 * the process continues.
 *
 * @returns What data was lost by, unless nobody wanted it (`… | head`).
 */
async function writeOutput(
  stream: ReadableStream<Bytes>,
  output: { write(bytes: Uint8Array): Promise<number> },
): Promise<unknown> {
  let failure: unknown;
  for await (const chunk of stream) {
    for (let rest = chunk; failure === undefined && rest.length > 0;) {
      try {
        rest = rest.subarray(await output.write(rest));
      } catch (error) {
        failure = error;
      }
    }
  }
  return failure instanceof Deno.errors.BrokenPipe ? undefined : failure;
}

async function readInput(
  stream: WritableStream<Bytes>,
  detachKeys: Bytes,
): Promise<"detached" | "end"> {
  const filter = openKeyFilter(detachKeys);
  const writer = stream.getWriter();
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const count = await Deno.stdin.read(buffer);
    if (count === null) break;
    const { bytes, isDetaching } = filter(buffer.slice(0, count));
    if (bytes.length > 0) await writer.write(bytes);
    if (isDetaching) return "detached";
  }
  await writer.close();
  return "end";
}

/** Tells the size of orlop's terminal, now and whenever it changes. */
function followSize(process: ProcessStreams): Disposable {
  const tell = () => {
    // What cannot be determined is no reason to end.
    process.resize(Deno.consoleSize()).catch(() => {});
  };
  tell();
  Deno.addSignalListener("SIGWINCH", tell);
  return {
    [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", tell),
  };
}
