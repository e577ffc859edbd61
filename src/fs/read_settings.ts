/** Reads files of settings and credentials. */

import { whyOf } from "../errors/why.ts";
import { findOtherWriter } from "../process/who_can_change.ts";

/** Who chose the file: the user by a flag, or orlop from the default paths. */
export type ChosenBy = "user" | "orlop";

// Far more than any has; also limits endless files.
const MAX_BYTES = 16 * 1024 * 1024;

// Commonly used in place of an empty file.
const NO_FILE = "/dev/null";
// Major number 1, minor number 3: devices.txt of Linux.
const NULL_DEVICE = 0x103;

/**
 * Reads a file of settings or credentials: a regular one, since others may never
 * end. A file from the default paths must not be writable by other users.
 *
 * @throws {Error} If it cannot be read, or used; `cause` is the system's error.
 */
export async function readSettings(
  path: string,
  chosenBy: ChosenBy,
): Promise<string> {
  if (path === NO_FILE) return "";
  try {
    const found = look(path);
    const isNull = found.isCharDevice === true && found.rdev === NULL_DEVICE;
    if (!found.isFile && !isNull) {
      throw new TypeError("it is no regular file");
    }
    if (found.size > MAX_BYTES) {
      throw new TypeError(`it is larger than ${MAX_BYTES} bytes`);
    }
    const stranger = chosenBy === "user" ? undefined : findOtherWriter(path);
    if (stranger !== undefined) {
      throw new TypeError(`${stranger}; what others can change is not used`);
    }
    return isNull ? "" : await Deno.readTextFile(path);
  } catch (cause) {
    throw new Error(`Cannot read "${path}": ${whyOf(cause)}`, { cause });
  }
}

/**
 * At once: most files are not there, and a start asks for some ten of them, each
 * of which would take a thread.
 */
function look(path: string): Deno.FileInfo {
  return Deno.statSync(path);
}
