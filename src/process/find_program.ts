/** Where programs are: never looked up by a `PATH` that others can set. */

import { CommandError } from "../errors.ts";

// The union of what distributions use, in the order of Debian's secure path.
const PROGRAM_DIRECTORIES: readonly string[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
];

/**
 * Finds a program that is there and that orlop may run.
 *
 * @param name Such as `mount`.
 * @param directories Where to look, in this order; absolute paths.
 * @returns Its absolute path, spelled as the run permission names it.
 * @throws {CommandError} If there is none.
 */
export function findProgram(
  name: string,
  directories: readonly string[] = PROGRAM_DIRECTORIES,
): string {
  const found = directories
    .map((directory) => `${directory}/${name}`)
    .find((path) => mayRun(path) && isProgram(path));
  if (found !== undefined) return found;
  throw new CommandError(
    `Cannot run "${name}": it is not in ${directories.join(", ")}, ` +
      "or orlop lacks the permission",
  );
}

/** All paths that a program may have. */
export function placesOf(name: string): readonly string[] {
  return PROGRAM_DIRECTORIES.map((directory) => `${directory}/${name}`);
}

function mayRun(command: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "run", command });
  return state === "granted";
}

function isProgram(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch (error) {
    // Then run is granted by name, by a launcher that has looked already.
    return error instanceof Deno.errors.NotCapable;
  }
}
