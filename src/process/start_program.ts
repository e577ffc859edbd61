/** Starts other programs whose streams the caller reads and writes. */

import { notStarted, PLAIN_ENV } from "./run_command.ts";

/** Options of {@linkcode startProgram}. */
export interface StartProgramOptions {
  /**
   * Whether there is a pipe to its input.
   *
   * @default {"null"}
   */
  readonly stdin?: "piped" | "null" | undefined;
  /**
   * The directory to run in.
   *
   * @default {this process's}
   */
  readonly cwd?: string | undefined;
  /**
   * Added to a short `PATH` and `LC_ALL=C`; nothing else is inherited.
   *
   * @default {{}}
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Starts a program with pipes to its output, which must be read or cancelled.
 *
 * @param program Its absolute path: see `findProgram()`.
 * @throws {CommandError} If it cannot be started.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  { stdin = "null", cwd, env }: StartProgramOptions = {},
): Deno.ChildProcess {
  const command = new Deno.Command(program, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...PLAIN_ENV, ...env },
    clearEnv: true,
    stdin,
    stdout: "piped",
    stderr: "piped",
    // As in run_interactive.ts: what runs in a container ignores no signal.
    uid: Deno.uid() ?? 0,
  });
  try {
    return command.spawn();
  } catch (cause) {
    throw notStarted(program, cause);
  }
}
