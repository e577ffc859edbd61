/** Directories of a kubelet: a daemon with narrow permissions makes none itself. */

import { isDirectoryThere } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";

/**
 * Makes a directory of the host, with those above it, unless it is there.
 *
 * @throws {CommandError} If it cannot be made.
 */
export async function makeHostDirectory(path: string): Promise<void> {
  if (isDirectoryThere(path)) return;
  await runCommand(findProgram("mkdir"), ["-p", "--", path]);
}
