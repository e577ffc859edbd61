/** Reads configuration that may be absent. */

import { isErrno } from "../../fs/errno.ts";
import { statIfThere } from "../../fs/if_there.ts";
import { type ChosenBy, readSettings } from "../../fs/read_settings.ts";

/**
 * Reads a text file; undefined if there is none. What this process has no
 * right to read does not exist for it.
 *
 * @throws {Error} If it cannot be used, such as one that others can change.
 */
export async function readIfPresent(
  path: string,
  chosenBy: ChosenBy = "orlop",
): Promise<string | undefined> {
  try {
    return await readSettings(path, chosenBy);
  } catch (error) {
    if (error instanceof Error && isAbsent(error.cause)) return undefined;
    throw error;
  }
}

/** Lists the names in a folder, sorted; undefined if there is none. */
export async function listIfPresent(
  path: string,
): Promise<readonly string[] | undefined> {
  try {
    // At once: most are not there, and a start asks for some ten.
    if (statIfThere(path) === undefined) return undefined;
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.map(({ name }) => name).toSorted();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable ||
    isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "EPERM");
}
