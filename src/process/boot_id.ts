/** The boot ID: mounts and processes of another boot are gone. */

import { CommandError } from "../errors/store_errors.ts";
import { toText } from "../formats/bytes.ts";
import { findProgram } from "./find_program.ts";

const PATH = "/proc/sys/kernel/random/boot_id";
const BOOT_ID = /^[0-9a-f-]{36}$/;

let known: string | undefined;

/**
 * The ID that the kernel gave this boot.
 *
 * @throws {CommandError} If it cannot be read.
 */
export function readBootId(): string {
  if (known !== undefined) return known;
  // Deno denies /proc to a process with scoped permissions.
  const { stdout } = new Deno.Command(findProgram("cat"), {
    args: ["--", PATH],
    clearEnv: true,
  }).outputSync();
  const text = toText(stdout).trim();
  if (!BOOT_ID.test(text)) {
    throw new CommandError(`Cannot read "${PATH}": "${text}" is no boot's ID`);
  }
  known = text;
  return text;
}
