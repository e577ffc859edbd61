/** Runs programs as leaders of a process group, without a copy of this process. */

import { CommandError } from "../errors/store_errors.ts";
import { findProgram } from "./find_program.ts";
import {
  type CommandResult,
  runCommand,
  type RunCommandOptions,
} from "./run_command.ts";

// The time between SIGTERM and SIGKILL in seconds: less than in `runCommand()`.
const FLAGS = ["--kill-after=1", "0"];

/**
 * As `runCommand()` with its own process group; timeout(1) makes the group if it
 * may be run. Otherwise the kernel must copy this process first, which is slow for
 * a process of 100 MiB.
 *
 * @throws As `runCommand()` does.
 */
export async function runInGroup(
  program: string,
  args: readonly string[],
  options: Omit<RunCommandOptions, "group"> = {},
): Promise<CommandResult> {
  const leader = tryFindLeader();
  if (leader === undefined) return await runCommand(program, args, options);
  return await runCommand(leader, [...FLAGS, program, ...args], {
    ...options,
    group: "shared",
  });
}

function tryFindLeader(): string | undefined {
  try {
    return findProgram("timeout");
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}
