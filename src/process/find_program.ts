/** Finds programs in fixed folders, never by `PATH`. */

import { CommandError } from "../errors/store_errors.ts";
import { findOtherWriter } from "./who_can_change.ts";

/**
 * The folders where programs are looked for: the union of what distributions use,
 * in the order of Debian's secure path.
 */
export const PROGRAM_DIRECTORIES: readonly string[] = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
];

// Where distributions have them, Debian and Fedora among them.
const PACKAGES: Readonly<Record<string, string>> = {
  mount: "util-linux",
  umount: "util-linux",
  findmnt: "util-linux",
  tar: "GNU tar",
  fuser: "psmisc",
};

/**
 * Finds a program that is there, that orlop may run, and that only root (or who
 * runs orlop) can change.
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
  const paths = directories.map((directory) => `${directory}/${name}`)
    .filter((path) => mayRun(path) && isProgram(path));
  const found = paths.find((path) => findOtherWriterOf(path) === undefined);
  if (found !== undefined) return found;
  const [other] = paths;
  if (other !== undefined) {
    throw new CommandError(
      `Cannot run "${other}": ${findOtherWriterOf(other)}; ` +
        "what others can change is not run as this user",
    );
  }
  const from = Object.hasOwn(PACKAGES, name) ? PACKAGES[name] : name;
  throw new CommandError(
    `Cannot run "${name}": it is not in ${directories.join(", ")}, ` +
      `or orlop lacks the permission; install ${from}`,
  );
}

/**
 * Checks a program that a user named by its path.
 *
 * @throws {CommandError} If it is no program, or orlop may not run it.
 */
export function checkProgram(path: string): string {
  if (!isProgram(path)) {
    throw new CommandError(
      `Cannot run "${path}": there is no executable file of this name`,
    );
  }
  if (mayRun(path)) return path;
  throw new CommandError(
    `Cannot run "${path}": orlop runs what is in ` +
      `${PROGRAM_DIRECTORIES.join(", ")}, and only what a command needs; ` +
      "put it there, or use another",
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
    // Then the launcher has found the programs and granted them by name.
    return error instanceof Deno.errors.NotCapable;
  }
}

/** Undefined, too, where a launcher has looked already. */
function findOtherWriterOf(path: string): string | undefined {
  try {
    return findOtherWriter(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
