/** What puts a container away when its process has ended. */

import type { Config } from "./config.ts";
import { ownProgram } from "./own_program.ts";
import { readEnv } from "./read_env.ts";

// Where a program of orlop's finds its runtime; it proves both itself.
const HANDED_ON = ["ORLOP_CACHE", "ORLOP_DENO"];
// Where all distributions have it; conmon looks nothing up.
const ENV = "/usr/bin/env";

/**
 * Finds the command by which orlop cleans a container up, for conmon to run: it is
 * known, or fails, before there is a container.
 *
 * @returns What makes it of a container's full ID.
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
