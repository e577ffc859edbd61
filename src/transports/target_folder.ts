/** Folders that images are to be written to. */

import { dirname } from "@std/path";
import { lstatSync, statSync } from "node:fs";
import { InvalidManifestError } from "../errors/image_errors.ts";
import { isErrno } from "../fs/errno.ts";

/**
 * Looks at where a folder is to be. A link is as good as the folder that it leads to.
 *
 * @returns Whether there is nothing as yet.
 * @throws {InvalidManifestError} If something else is there, or in its way.
 */
export function isNewFolder(directory: string): boolean {
  for (let path = directory;; path = dirname(path)) {
    const entry = look(() => lstatSync(path));
    if (entry === undefined) continue;
    if (look(() => statSync(path))?.isDirectory()) return path !== directory;
    const what = entry.isSymbolicLink()
      ? "a symbolic link that leads to no directory"
      : "no directory";
    throw new InvalidManifestError(
      `Cannot write to "${directory}": "${path}" is ${what}`,
    );
  }
}

function look<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}
