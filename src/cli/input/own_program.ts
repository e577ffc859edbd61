/** The path of orlop, for commands that call it later. */

import { UsageError } from "../usage_error.ts";
import { readEnv } from "./read_env.ts";

/**
 * The absolute path of orlop itself: the launcher tells it, and a compiled
 * program knows it.
 *
 * @throws {UsageError} If it cannot be determined.
 */
export function ownProgram(): string {
  const told = readEnv("ORLOP_PROGRAM");
  if (told !== undefined) return told;
  if (Deno.build.standalone) return Deno.execPath();
  throw new UsageError(
    `Cannot tell where orlop is installed: name it with --program`,
  );
}
