/** Runs commands in containers with access to their streams. */

import { toBytes } from "../../formats/bytes.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ProcessStreams } from "../../process/process_streams.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { openResizer } from "./control.ts";
import {
  type ExecCommand,
  type PreparedExec,
  prepareExec,
  type TerminalOption,
} from "./exec_command.ts";
import { type ExecSession, startSession } from "./exec_session.ts";
import { tolerantInput } from "./process_input.ts";
import { makePacket, splitPackets } from "./split_packets.ts";

/** A command, and its streams. An abort ends it. */
export interface OpenExecOptions extends ExecCommand, TerminalOption {
  /**
   * Whether its input may be written to.
   *
   * @default {false}
   */
  readonly stdin?: boolean | undefined;
}

/**
 * Runs a command in a container. Disposing detaches from it; with a terminal it
 * gets SIGHUP then. If there is no such command, the runtime's error is in its
 * output, and its exit code is as in shells: 126 or 127.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @throws {TypeError} If there is no command, or it cannot be run so.
 * @throws {ProcessNotFoundError} If nothing runs in the container.
 * @throws {CommandError} If conmon fails.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, openExec } from "orlop";
 * async function list(agent: Agent, id: ContainerId): Promise<string> {
 *   await using exec = await openExec(agent, id, { command: ["ls", "/"] });
 *   const errors = exec.stderr.pipeTo(new WritableStream());
 *   const [text] = await Promise.all([new Response(exec.stdout).text(), errors]);
 *   return text;
 * }
 * ```
 */
export async function openExec(
  handle: AgentHandle,
  id: ContainerId,
  options: OpenExecOptions,
): Promise<ProcessStreams> {
  const agent = insideOf(handle);
  const { terminal = false, stdin = false, signal } = options;
  signal?.throwIfAborted();
  const exec = await prepareExec(agent, id, options);
  try {
    const session = await startSession(agent, id, {
      ...{ exec, terminal, stdin, signal },
    });
    return openStreams(agent, session, { ...options, exec });
  } catch (error) {
    await exec[Symbol.asyncDispose]();
    throw error;
  }
}

function openStreams(
  agent: Agent,
  session: ExecSession,
  { exec, terminal = false, stdin = false, signal }: OpenExecOptions & {
    readonly exec: PreparedExec;
  },
): ProcessStreams {
  const { channel } = session;
  const outputs = splitPackets(channel.readable, {
    last: describeProblem(session, { terminal }),
  });
  const kill = () => void session.signal("KILL");
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted) kill();
  const over = new AbortController();
  const resize = openResizer(agent, exec.folder, { signal: over.signal });
  const ended = session.ended.then(({ exitCode }) => exitCode).finally(() => {
    over.abort();
    signal?.removeEventListener("abort", kill);
    return exec[Symbol.asyncDispose]();
  });
  // The caller may await neither.
  for (const promise of [ended, outputs.done]) promise.catch(() => {});
  return {
    stdin: stdin ? tolerantInput(channel.writable) : undefined,
    ...{ stdout: outputs.stdout, stderr: outputs.stderr, ended },
    async resize(size) {
      if (terminal && !over.signal.aborted) await resize(size);
    },
    async [Symbol.asyncDispose]() {
      if (terminal && !over.signal.aborted) await session.signal("HUP");
      outputs.drop();
      await session[Symbol.asyncDispose]();
    },
  };
}

/** Why it could not run, as a message for its output. */
async function describeProblem(
  { ended }: ExecSession,
  { terminal }: { readonly terminal: boolean },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { problem } = await ended;
  if (problem === undefined) return undefined;
  return terminal
    ? makePacket("stdout", toBytes(`${problem}\r\n`))
    : makePacket("stderr", toBytes(`${problem}\n`));
}
