/** Lists directories that other processes may remove at any time. */

import { isErrno } from "./errno.ts";

/** Lists the names in a directory; one that is absent holds nothing. */
export function listDirectory(path: string): readonly string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** The same, but anything that is not a directory is also empty. */
export function listIfDirectory(path: string): readonly string[] {
  try {
    return listDirectory(path);
  } catch (error) {
    if (isErrno(error, "ENOTDIR", "ELOOP")) return [];
    throw error;
  }
}
