/**
 * conmon: it starts a container's process through an OCI runtime, holds its
 * streams, writes its log, and records its exit, independently of orlop.
 */

import { join } from "@std/path";
import type { Bytes } from "../../formats/bytes.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { findProgram } from "../../process/find_program.ts";
import { PLAIN_ENV } from "../../process/run_command.ts";
import { startProgram } from "../../process/start_program.ts";
import type { Agent } from "../agent.ts";
import { type OciRuntime, stateFlags } from "../runtimes/find_runtime.ts";

/** A started conmon, and its messages during the start. */
export interface StartingMonitor {
  /** The results for the process: lines of JSON. */
  readonly answers: ReadableStream<Bytes>;
  /** Its error messages; for an exec session, also that it is ready to attach. */
  readonly messages: ReadableStream<Bytes>;
  /** The pipe that it waits on, if it does. */
  readonly go: WritableStream<Bytes> | undefined;
  /** Settles when it has daemonized. */
  readonly detached: Promise<unknown>;
}

/** How to start a conmon. */
export interface StartMonitorOptions {
  /** Its working directory. */
  readonly cwd: string;
  /**
   * Whether it waits for input before it starts, and before it runs the command.
   */
  readonly session?: "exec" | undefined;
}

// conmon needs more descriptors than the standard streams.
const CREATE_DESCRIPTORS = ["none", "none", "messages", "answers"] as const;
const EXEC_DESCRIPTORS = [
  ...["go", "none", "messages", "answers"] as const,
  ...["go", "messages"] as const,
];
// Without libc, sh makes them, since Deno passes only the standard streams.
const CREATE = 'exec "$@" 3>&1 >/dev/null';
const EXEC = 'exec "$@" 3>&1 4<&0 5>&2 >/dev/null';
const CREATE_PIPES = { "_OCI_SYNCPIPE": "3" } as const;
const EXEC_PIPES = {
  ...CREATE_PIPES,
  ...{ "_OCI_STARTPIPE": "4", "_OCI_ATTACHPIPE": "5" },
} as const;
// The runtime passes terminals through this socket: unix(7), "sun_path".
const MAX_SOCKET_PATH = 107;
const SOCKET_NAME = "conmon-term.XXXXXX";

/**
 * Starts conmon.
 *
 * @throws {CommandError} If it is not installed.
 */
export function startMonitor(
  agent: Agent,
  args: readonly string[],
  { cwd, session }: StartMonitorOptions,
): StartingMonitor {
  const isExec = session === "exec";
  const conmon = findProgram("conmon");
  const env = {
    ...(isExec ? EXEC_PIPES : CREATE_PIPES),
    ...socketFolder(agent),
  };
  const sockets = agent.store.libc?.sockets;
  if (sockets !== undefined) {
    const { ended, ...streams } = sockets.spawn(conmon, {
      ...{ args, cwd, env: { ...PLAIN_ENV, ...env } },
      descriptors: isExec ? EXEC_DESCRIPTORS : CREATE_DESCRIPTORS,
    });
    return { ...streams, detached: ended };
  }
  const script = isExec ? EXEC : CREATE;
  const child = startProgram(
    findProgram("sh"),
    ["-c", script, "sh", conmon, ...args],
    { cwd, stdin: isExec ? "piped" : "null", env },
  );
  return {
    answers: child.stdout,
    messages: child.stderr,
    go: isExec ? child.stdin : undefined,
    detached: child.status,
  };
}

/** Flags that name a runtime, and where it keeps its state. */
export function runtimeFlags(
  runtime: OciRuntime & { readonly program: string },
  ownFlags: readonly string[] = [],
): readonly string[] {
  const flags = [...stateFlags(runtime), ...ownFlags];
  return [
    ...["--runtime", runtime.program],
    ...flags.flatMap((flag) => ["--runtime-arg", flag]),
  ];
}

/** A folder for terminal sockets, unless its path is too long. */
function socketFolder({ store }: Agent): Readonly<Record<string, string>> {
  const folder = join(store.paths.runRoot, "orlop", "terminals");
  const { length } = new TextEncoder().encode(join(folder, SOCKET_NAME));
  if (length > MAX_SOCKET_PATH) return {};
  return { TMPDIR: makeOwnDirectory(folder) };
}
