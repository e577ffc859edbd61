/**
 * Distinguishes a container's exit code from its OCI runtime's. Runtimes end with 1
 * when they cannot start a container, as many containers do by themselves.
 */

import { readTextIfThere } from "../../fs/if_there.ts";

/** As in shells and podman. */
const CODES = { failed: 125, notExecutable: 126, notFound: 127 } as const;
const SIGNALLED = 128; // and the signal's number

/** Output of a runtime. */
export interface RuntimeTraces {
  /** Its log: lines of JSON. */
  readonly log: string;
  /** Whether it started a process. */
  readonly hasStarted: boolean;
  /** Called if it failed without a message. */
  readonly onSilence?: () => void;
}

/**
 * The exit code of a run.
 *
 * @param code The runtime's own.
 * @returns 127 if there is no such command, 126 if it cannot be executed, 125
 *   if the runtime failed otherwise; else `code`.
 */
export function runtimeExitCode(
  code: number,
  { log, hasStarted, onSilence }: RuntimeTraces,
): number {
  // A runtime that started no process has failed, whatever its exit code.
  if (code === 0 && hasStarted) return code;
  const message = lastError(log);
  if (/executable file .*not found|exec.*no such file/i.test(message)) {
    return CODES.notFound;
  }
  if (/exec.*(permission denied|exec format error)/i.test(message)) {
    return CODES.notExecutable;
  }
  if (/^\w+ run failed/.test(message)) return CODES.failed;
  // A signal may come before the process is recorded.
  if (hasStarted || code > SIGNALLED) return code;
  if (message === "") onSilence?.();
  return CODES.failed;
}

/** Reads a runtime's log; there is none without messages. */
export function readRuntimeLog(path: string): string {
  return readTextIfThere(path) ?? "";
}

function lastError(log: string): string {
  const messages = log.split("\n").map(errorOf).filter((text) => text !== "");
  return messages.at(-1) ?? "";
}

function errorOf(line: string): string {
  try {
    const { level, msg } = JSON.parse(line);
    return level === "error" && typeof msg === "string" ? msg : "";
  } catch {
    return ""; // lines that are not JSON are ignored
  }
}
