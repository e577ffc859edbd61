/** Runs programs at the head of a process group, without a copy of this process. */

import { CommandError } from "../errors/store_errors.ts";
import { findProgram } from "./find_program.ts";
import {
  type CommandResult,
  runCommand,
  type RunCommandOptions,
} from "./run_command.ts";

// What is told to end has so long, in seconds: less than `runCommand()` waits.
const FLAGS = ["--kill-after=1", "0"];

/**
 * Does what `runCommand()` does for a group of its own; where timeout(1) may be run,
 * that one makes the group. For one that is made here the kernel has to copy this
 * process first, which takes longer than most programs do if it has 100 MiB.
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
