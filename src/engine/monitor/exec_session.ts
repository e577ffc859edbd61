/**
 * Commands in containers, each under its own conmon: the runtime alone would wait
 * for all background processes of the command.
 */

import { join } from "@std/path";
import { type Abortable, isInTime } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { asInteger, asObject, parseJson } from "../../formats/json.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { socketsOf } from "../../process/libc_sockets.ts";
import type { ByteChannel } from "../../process/process_streams.ts";
import type { Agent } from "../agent.ts";
import {
  readRuntimeLog,
  runtimeExitCode,
} from "../runtimes/runtime_exit_code.ts";
import { UNKNOWN_EXIT_CODE } from "../containers/process_exit.ts";
import { runtimeFlags, type StartingMonitor, startMonitor } from "./conmon.ts";
import type { PreparedExec } from "./exec_command.ts";
import {
  explainMonitor,
  type MonitorAnswer,
  parseAnswer,
} from "./monitor_answer.ts";
import { type LineReader, openLineReader } from "./read_line.ts";
import {
  killMonitor,
  MONITOR_PID_FILE,
  readPid,
  signalProcess,
} from "./stray_process.ts";

/** A running command with its streams. Disposing does not end it. */
export interface ExecSession extends AsyncDisposable {
  /** Its output, in conmon's packets, and its input. */
  readonly channel: ByteChannel;
  /** Its result; by then all output is in the channel. */
  readonly ended: Promise<ExecOutcome>;
  /** Sends a signal to it and its process group. */
  signal(name: "HUP" | "KILL"): Promise<void>;
}

/** How a command ended. */
export interface ExecOutcome {
  /**
   * 128 and the signal's number if a signal ended it; 126 or 127 if it cannot be
   * executed or is not there, 125 if the runtime failed.
   */
  readonly exitCode: number;
  /** Why it could not run; undefined if it ran. */
  readonly problem: string | undefined;
}

/** Options of a session. */
export interface ExecSessionOptions extends Abortable {
  readonly terminal: boolean;
  readonly stdin: boolean;
}

/** The maximum that conmon reads at once. */
export const MAX_PACKET = 8192;

// A runtime starts a process within a second.
const PATIENCE_MS = 5_000;
const GO = new Uint8Array(1);

/**
 * Starts a command that was prepared.
 *
 * @throws {CommandError} If conmon fails.
 */
export async function startSession(
  agent: Agent,
  id: ContainerId,
  { exec, ...options }: ExecSessionOptions & { readonly exec: PreparedExec },
): Promise<ExecSession> {
  const sockets = socketsOf(agent.store.libc);
  const monitor = startMonitor(agent, sessionFlags(id, exec, options), {
    cwd: exec.folder,
    session: "exec",
  });
  const answers = openLineReader(monitor.answers);
  const go = monitor.go?.getWriter();
  try {
    await send(go); // to begin
    await waitForSocket(monitor, id, options);
    const channel = sockets.connectPacket(exec.folder, {
      name: "attach",
      maxPacket: MAX_PACKET,
    });
    await send(go); // to run, since its output is being read now
    await end(go);
    return openSession(agent, exec, { channel, answers });
  } catch (error) {
    // Not sooner: conmon treats the end of the pipe as the order to run.
    await monitor.detached;
    await killMonitor(agent, exec.folder);
    await end(go);
    answers[Symbol.dispose]();
    throw error;
  }
}

type GoWriter = WritableStreamDefaultWriter<Bytes> | undefined;

/** If conmon has ended, its messages explain why. */
async function send(go: GoWriter): Promise<void> {
  await go?.write(GO).catch(() => {});
}

async function end(go: GoWriter): Promise<void> {
  await go?.close().catch(() => {});
}

function sessionFlags(
  id: ContainerId,
  { folder, processFile, pidFile, logFile, runtime }: PreparedExec,
  { terminal, stdin }: ExecSessionOptions,
): readonly string[] {
  return [
    ...["--api-version", "--exec", "--exec-attach"],
    ...["--cid", id, "--cuuid", id, "--name", id],
    ...["--bundle", folder, "--full-attach"],
    ...["--exec-process-spec", processFile, "--container-pidfile", pidFile],
    ...["--conmon-pidfile", join(folder, MONITOR_PID_FILE)],
    ...["--log-path", "none"],
    ...(terminal ? ["--terminal"] : []),
    ...(stdin ? ["--stdin"] : []),
    ...runtimeFlags(runtime, ["--log", logFile, "--log-format", "json"]),
  ];
}

/** Waits until there is a socket to attach to; error messages may come before. */
async function waitForSocket(
  { messages }: StartingMonitor,
  id: ContainerId,
  options: Abortable,
): Promise<void> {
  using lines = openLineReader(messages);
  let complaint = "";
  for (;;) {
    const line = await lines.next(options);
    if (line === undefined) throw notStarted(id, complaint);
    if (line.startsWith("{")) return;
    complaint = explainMonitor(line);
  }
}

function notStarted(id: ContainerId, why: string): CommandError {
  return new CommandError(
    `Cannot run a command in container "${id}": ${why || "conmon failed"}`,
  );
}

function openSession(
  agent: Agent,
  exec: PreparedExec,
  { channel, answers }: {
    readonly channel: ByteChannel;
    readonly answers: LineReader;
  },
): ExecSession {
  const started = readStart(answers);
  return {
    channel,
    ended: readEnd(exec, started, answers),
    async signal(name) {
      const pid = await waitForPid(agent, exec, started);
      await signalProcess(name, pid && -pid);
    },
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
  };
}

/**
 * A runtime that is killed during a start may leave the process behind: so wait for
 * it, unless it hangs.
 */
async function waitForPid(
  agent: Agent,
  exec: PreparedExec,
  started: Promise<MonitorAnswer>,
): Promise<number | undefined> {
  if (await isInTime(started, PATIENCE_MS)) return (await started).pid;
  await killMonitor(agent, exec.folder);
  return readPid(exec.pidFile);
}

async function readStart(answers: LineReader): Promise<MonitorAnswer> {
  const line = await answers.next();
  return line === undefined
    ? { pid: undefined, message: "" }
    : parseAnswer(line);
}

async function readEnd(
  { logFile }: PreparedExec,
  started: Promise<MonitorAnswer>,
  answers: LineReader,
): Promise<ExecOutcome> {
  using _answers = answers;
  const { pid, message } = await started;
  if (pid === undefined) {
    const log = readRuntimeLog(logFile);
    const exitCode = runtimeExitCode(1, { log, hasStarted: false });
    return { exitCode, problem: message || "its runtime failed" };
  }
  const line = await answers.next();
  const exitCode = line === undefined ? -1 : parseExitCode(line);
  return {
    exitCode: exitCode < 0 ? UNKNOWN_EXIT_CODE : exitCode,
    problem: undefined,
  };
}

function parseExitCode(line: string): number {
  const what = "conmon's answer";
  return asInteger(asObject(parseJson(line, what), what)["data"], what);
}
