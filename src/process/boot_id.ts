/** Which boot this is: what was mounted, or ran, in another one is gone. */

import { findProgram } from "./find_program.ts";
import { runCommand } from "./run_command.ts";

const PATH = "/proc/sys/kernel/random/boot_id";
const BOOT_ID = /^[0-9a-f-]{36}$/;

let known: string | undefined;

/**
 * The ID that the kernel gave this boot.
 *
 * @throws {CommandError} If it cannot be read.
 */
export async function readBootId(): Promise<string> {
  if (known !== undefined) return known;
  // Deno shows nothing of /proc to a process with scoped permissions.
  const { stdout } = await runCommand(findProgram("cat"), ["--", PATH], {
    group: "shared",
  });
  const text = stdout.trim();
  if (!BOOT_ID.test(text)) {
    throw new SyntaxError(`Cannot read "${PATH}": "${text}" is no boot's ID`);
  }
  known = text;
  return text;
}
