/**
 * Tells a container's exit code from its OCI runtime's. Runtimes end with 1
 * when they cannot start a container, as many containers do by themselves.
 */

import { readTextIfThere } from "../../fs/if_there.ts";

/** What shells and podman use, too. */
const CODES = { failed: 125, notExecutable: 126, notFound: 127 } as const;
const SIGNALLED = 128; // and the signal's number

/** What a runtime left behind. */
export interface RuntimeTraces {
  /** What it logged as JSON, a message a line. */
  readonly log: string;
  /** Whether it had a process to tell of. */
  readonly hasStarted: boolean;
  /** Told if it failed without a word. */
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
  // What started nothing has not run well, whatever it says.
  if (code === 0 && hasStarted) return code;
  const message = lastError(log);
  if (/executable file .*not found|exec.*no such file/i.test(message)) {
    return CODES.notFound;
  }
  if (/exec.*(permission denied|exec format error)/i.test(message)) {
    return CODES.notExecutable;
  }
  if (/^\w+ run failed/.test(message)) return CODES.failed;
  // A signal may come before there is anything to tell of.
  if (hasStarted || code > SIGNALLED) return code;
  if (message === "") onSilence?.();
  return CODES.failed;
}

/** Reads a runtime's log; it makes none if it has nothing to say. */
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
    return ""; // what is no JSON is no message
  }
}
