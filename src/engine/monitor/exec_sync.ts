/** Runs commands in containers to their end. */

import { joinSignals } from "../../errors/abort.ts";
import {
  ExecTimeoutError,
  type ProcessNotFoundError,
} from "../../errors/process_errors.ts";
import { CommandError } from "../../errors/store_errors.ts";
import { type Bytes, concatBytes, toBytes } from "../../formats/bytes.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { type ExecCommand, nothingRuns, prepareExec } from "./exec_command.ts";
import { startSession } from "./exec_session.ts";
import { splitPackets } from "./split_packets.ts";

/** A command to run to its end. */
export interface ExecSyncOptions extends ExecCommand {
  /**
   * The time limit in milliseconds; 0 is none.
   *
   * @default {0}
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How much of each of its outputs is kept, in bytes.
   *
   * @default {16_777_216}
   */
  readonly maxOutput?: number | undefined;
}

/** The result of a command. */
export interface ExecResult {
  /**
   * 128 and the signal's number if a signal ended it; 126 if it cannot be
   * executed, 127 if it is not there.
   */
  readonly exitCode: number;
  /** What it wrote. */
  readonly stdout: Bytes;
  /** Or the error of its runtime. */
  readonly stderr: Bytes;
  /** Whether it wrote more than was kept. */
  readonly isTruncated: boolean;
}

// As in CRI-O.
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const RUNTIME_FAILED = 125;
// 25 days; longer timers fire at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs a command in a container, and waits for its end, but not for its background
 * processes.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @throws {TypeError} If there is no command, or it cannot be run so.
 * @throws {ProcessNotFoundError} If nothing runs in the container.
 * @throws {ExecTimeoutError} If it exceeds the time limit; then it is killed.
 * @throws {CommandError} If the runtime fails, such as when the container ends
 * meanwhile.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, execSync } from "orlop";
 * async function isHealthy(agent: Agent, id: ContainerId): Promise<boolean> {
 *   const command = ["test", "-e", "/tmp/healthy"];
 *   const { exitCode } = await execSync(agent, id, { command, timeoutMs: 1000 });
 *   return exitCode === 0;
 * }
 * ```
 */
export async function execSync(
  handle: AgentHandle,
  id: ContainerId,
  options: ExecSyncOptions,
): Promise<ExecResult> {
  const agent = insideOf(handle);
  const { maxOutput = MAX_OUTPUT_BYTES, signal } = options;
  signal?.throwIfAborted();
  using limit = limitTime(options);
  await using exec = await prepareExec(agent, id, options);
  await using session = await startSession(agent, id, {
    ...{ exec, terminal: false, stdin: false, signal: limit.signal },
  });
  const kill = () => void session.signal("KILL");
  limit.signal.addEventListener("abort", kill, { once: true });
  try {
    const { stdout, stderr } = splitPackets(session.channel.readable);
    const [out, err, { exitCode, problem }] = await Promise.all([
      ...[collect(stdout, maxOutput), collect(stderr, maxOutput)] as const,
      session.ended,
    ]);
    limit.signal.throwIfAborted();
    if (exitCode === RUNTIME_FAILED) throw failure(id, problem);
    return {
      exitCode,
      stdout: out.bytes,
      stderr: problem === undefined ? err.bytes : toBytes(`${problem}\n`),
      isTruncated: out.isTruncated || err.isTruncated,
    };
  } finally {
    limit.signal.removeEventListener("abort", kill);
  }
}

function failure(
  id: ContainerId,
  problem: string | undefined,
): CommandError | ProcessNotFoundError {
  const isGone = /stopped|not running|does not exist/.test(problem ?? "");
  if (isGone) return nothingRuns(id);
  return new CommandError(
    `Cannot run a command in container "${id}": ${problem}`,
    { exitCode: RUNTIME_FAILED },
  );
}

/** A signal that aborts with the caller's, or when the time is over. */
function limitTime(
  { command, timeoutMs = 0, signal }: ExecSyncOptions,
): { readonly signal: AbortSignal } & Disposable {
  const late = new AbortController();
  const expire = () => {
    late.abort(
      new ExecTimeoutError(
        `Cannot run "${command[0]}": it takes longer than ${timeoutMs} ms`,
      ),
    );
  };
  const isLimited = timeoutMs > 0 && timeoutMs <= MAX_TIMER_MS;
  const timer = isLimited ? setTimeout(expire, timeoutMs) : undefined;
  const joined = joinSignals(signal, late.signal);
  return {
    signal: joined.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      joined[Symbol.dispose]();
    },
  };
}

interface Collected {
  readonly bytes: Bytes;
  readonly isTruncated: boolean;
}

/** Reads a stream to its end, and keeps its first bytes. */
async function collect(
  stream: ReadableStream<Bytes>,
  limit: number,
): Promise<Collected> {
  const kept: Bytes[] = [];
  let left = limit;
  let isTruncated = false;
  for await (const chunk of stream) {
    if (chunk.length > left) isTruncated = true;
    if (left > 0) kept.push(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
  }
  return { bytes: concatBytes(kept), isTruncated };
}
