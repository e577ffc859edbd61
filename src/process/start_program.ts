/** Starts programs; the caller waits for their end. */

import { notStarted, PLAIN_ENV } from "./run_command.ts";

/** Options of {@linkcode startProgram}. */
export interface StartProgramOptions {
  /**
   * What it reads: from a pipe, orlop's own input, or nothing.
   *
   * @default {"null"}
   */
  readonly stdin?: "piped" | "inherit" | "null" | undefined;
  /**
   * Where it writes: into pipes, which must be read or cancelled, or into orlop's
   * own output.
   *
   * @default {"piped"}
   */
  readonly output?: "piped" | "inherit" | undefined;
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
 * Starts a program so that it, and what it starts, ignores no signal.
 *
 * @param program Its absolute path: see `findProgram()`.
 * @throws {CommandError} If it cannot be started.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  { stdin = "null", output = "piped", cwd, env }: StartProgramOptions = {},
): Deno.ChildProcess {
  const command = new Deno.Command(program, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...PLAIN_ENV, ...env },
    clearEnv: true,
    stdin,
    stdout: output,
    stderr: output,
    // Setting the same user makes Deno use fork(2), as glibc's posix_spawn(3) would
    // leave signals 32 and 33 ignored.
    uid: Deno.uid() ?? 0,
  });
  try {
    return command.spawn();
  } catch (cause) {
    throw notStarted(program, cause);
  }
}
