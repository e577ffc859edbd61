/** Runs other programs to their end. */

import type { Abortable } from "../errors/abort.ts";
import { CommandError } from "../errors/store_errors.ts";
import { whyOf } from "../errors/why.ts";
import { type Bytes, concatBytes, toText } from "../formats/bytes.ts";

/** Options of {@linkcode runCommand}. */
export interface RunCommandOptions extends Abortable {
  /** What the program reads; nothing is the default. */
  readonly stdin?: Bytes | ReadableStream<Bytes>;
  /** The directory to run in. */
  readonly cwd?: string;
  /** Added to a short `PATH` and `LC_ALL=C`. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * `"inherited"` passes the rest of the environment, for programs that work for
   * the user, such as one that asks for a key.
   */
  readonly environment?: "inherited";
  /**
   * Longer output is an error; in bytes.
   *
   * @default {67_108_864}
   */
  readonly maxStdout?: number;
  /**
   * `"ignored"` is for programs that print only what went wrong: one stream less
   * to read.
   *
   * @default {"collected"}
   */
  readonly stdout?: "collected" | "ignored";
  /** The exit codes that are no failure; `[0]` is the default. */
  readonly okCodes?: readonly number[] | "any";
  /**
   * `"own"`, the default: an abort also ends children of the program, and Ctrl-C
   * reaches only orlop, which undoes its work. `"shared"` starts ten times as fast
   * (no copy of this process), but Ctrl-C also ends the program: for short programs
   * without children that can be repeated.
   */
  readonly group?: "own" | "shared";
}

/** How a program ended, and what it printed. */
export interface CommandResult {
  /** The exit code; 128 and the signal's number if a signal ended it. */
  readonly code: number;
  /** All of it, as UTF-8. */
  readonly stdout: string;
  /** The first 64 KiB. */
  readonly stderr: string;
}

/** The environment of programs, for predictable messages. */
export const PLAIN_ENV: Readonly<Record<string, string>> = {
  "LC_ALL": "C",
  "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

// A mount table of 100,000 lines is about 30 MiB of JSON.
const MAX_STDOUT_BYTES = 64 * 1024 * 1024;
// GNU tar prints a line for each of a million members that fail.
const MAX_STDERR_BYTES = 64 * 1024;
// The time that a program has to clean up after SIGTERM.
const GRACE_MS = 2000;

/**
 * Runs a program and waits for its end.
 *
 * @param program Its absolute path: see `findProgram()`.
 * @throws {CommandError} If it cannot be started, its exit code is not one of
 *   `okCodes`, or it prints more than `maxStdout`.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: RunCommandOptions = {},
): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const { maxStdout = MAX_STDOUT_BYTES } = options;
  const child = spawn(program, args, options);
  const done = new AbortController();
  const output = Promise.all([
    options.stdout === "ignored"
      ? NOTHING
      : collect(child.stdout, { limit: maxStdout, signal: done.signal }),
    collect(child.stderr, { limit: MAX_STDERR_BYTES, signal: done.signal }),
    feed(child, options.stdin),
  ]);
  const result = await waitFor(child, output, options).finally(() =>
    done.abort()
  );
  return check(program, result, { ...options, maxStdout });
}

function spawn(
  program: string,
  args: readonly string[],
  { stdin, stdout, cwd, env, environment, group = "own" }: RunCommandOptions,
): Deno.ChildProcess {
  const command = new Deno.Command(program, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...PLAIN_ENV, ...env },
    clearEnv: environment !== "inherited",
    stdin: stdin === undefined ? "null" : "piped",
    stdout: stdout === "ignored" ? "null" : "piped",
    stderr: "piped",
    detached: group === "own",
  });
  try {
    return command.spawn();
  } catch (cause) {
    throw notStarted(program, cause);
  }
}

/** The error of a program that did not start. */
export function notStarted(program: string, cause: unknown): CommandError {
  const why = cause instanceof Deno.errors.NotFound
    ? "there is no such program or directory"
    : whyOf(cause);
  return new CommandError(`Cannot run "${program}": ${why}`, { cause });
}

interface Collected {
  readonly bytes: Bytes;
  readonly isWhole: boolean;
}

const NOTHING: Collected = { bytes: new Uint8Array(), isWhole: true };

/** Reads a stream to its end, and keeps its first bytes. */
async function collect(
  stream: ReadableStream<Bytes>,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<Collected> {
  const kept: Bytes[] = [];
  let left = limit;
  let isWhole = true;
  // Written directly, as a pipe would take longer than many programs run.
  const reader = stream.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", giveUp, { once: true });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (value.byteLength > left) isWhole = false;
    if (left > 0) kept.push(value.subarray(0, left));
    left -= Math.min(left, value.byteLength);
  }
  signal.removeEventListener("abort", giveUp);
  return { bytes: concatBytes(kept), isWhole };
}

async function feed(
  child: Deno.ChildProcess,
  stdin: RunCommandOptions["stdin"],
): Promise<void> {
  if (stdin === undefined) return;
  try {
    if (stdin instanceof Uint8Array) await feedBytes(child, stdin);
    else await stdin.pipeTo(child.stdin);
  } catch (error) {
    // A program may end before it has read all; its exit code is the result.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function feedBytes(
  { stdin }: Deno.ChildProcess,
  bytes: Bytes,
): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
}

type Output = Promise<readonly [Collected, Collected, void]>;
type Outcome = CommandResult & { readonly isWhole: boolean };

/** Waits for a child; ends it if the caller or its input gives up. */
async function waitFor(
  child: Deno.ChildProcess,
  output: Output,
  { signal }: Abortable,
): Promise<Outcome> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    // Grandchildren may keep the pipes open, or they may break earlier.
    const [stdout, stderr] = await Promise.race([output, aborted.promise]);
    const { code } = await Promise.race([child.status, aborted.promise]);
    return {
      code,
      stdout: toText(stdout.bytes),
      stderr: toText(stderr.bytes),
      isWhole: stdout.isWhole,
    };
  } catch (error) {
    output.catch(() => {}); // `error` is the reason.
    await end(child);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Ends a child and waits until it is gone. */
async function end(child: Deno.ChildProcess): Promise<void> {
  kill(child, "SIGTERM");
  const timer = setTimeout(() => kill(child, "SIGKILL"), GRACE_MS);
  await child.status;
  clearTimeout(timer);
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    Deno.kill(-child.pid, signal);
  } catch {
    // It has ended, or the group cannot be signalled without permission to run all
    // programs.
    killAlone(child, signal);
  }
}

function killAlone(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

function check(
  program: string,
  { code, stdout, stderr, isWhole }: Outcome,
  { okCodes = [0], maxStdout }: RunCommandOptions & {
    readonly maxStdout: number;
  },
): CommandResult {
  if (okCodes !== "any" && !okCodes.includes(code)) {
    throw new CommandError(
      `Cannot run "${program}": ${firstLine(stderr) || `exit code ${code}`}`,
      { exitCode: code },
    );
  }
  if (isWhole) return { code, stdout, stderr };
  throw new CommandError(
    `Cannot run "${program}": it printed more than ${maxStdout} bytes`,
    { exitCode: code },
  );
}

/** The first line of what a program says that is not blank. */
export function firstLine(text: string): string {
  return text.split("\n").map((line) => line.trim()).find(Boolean) ?? "";
}
