/** The command that cleans up a container when its process has ended. */

import type { Config } from "./config.ts";
import { ownProgram } from "./own_program.ts";
import { readEnv } from "./read_env.ts";

// Variables of the launcher, which it verifies itself.
const HANDED_ON = ["ORLOP_CACHE", "ORLOP_DENO"];
// Where all distributions have it; conmon looks nothing up.
const ENV = "/usr/bin/env";

/**
 * Finds the command that cleans up a container, for conmon to run. It fails before
 * a container exists.
 *
 * @returns A function that makes it from a container's full ID.
 * @throws {UsageError} If orlop does not know where it is installed.
 */
export function findExitCommand(
  { root, runRoot }: Pick<Config, "root" | "runRoot">,
): (id: string) => readonly string[] {
  const variables = HANDED_ON.flatMap((name) => {
    const value = readEnv(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const command = [
    ...[ENV, ...variables, ownProgram()],
    ...["--root", root, "--runroot", runRoot],
    ...["container", "cleanup"],
  ];
  return (id) => [...command, id];
}
