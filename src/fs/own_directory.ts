/** orlop's own directories: nothing is written through a link. */

import type { Libc } from "../process/libc.ts";
import { lstatIfThere } from "./if_there.ts";

const MODE = 0o700;

/**
 * Makes a directory that only its owner may enter, if it is missing.
 *
 * @param libc With it, what is missing costs no error.
 * @returns Its path.
 * @throws {TypeError} If there is something else, such as a symbolic link: what it
 *   leads to is not orlop's.
 */
export function makeOwnDirectory(path: string, libc?: Libc): string {
  const found = lstatIfThere(path, libc);
  if (found !== undefined && !found.isDirectory) {
    const what = found.isSymlink ? "a symbolic link" : "no directory";
    throw new TypeError(`Cannot use "${path}": it is ${what}; remove it`);
  }
  // Not set again: the disk may be read-only.
  if (((found?.mode ?? 0) & 0o7777) === MODE) return path;
  Deno.mkdirSync(path, { recursive: true, mode: MODE });
  Deno.chmodSync(path, MODE);
  return path;
}
