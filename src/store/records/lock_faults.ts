/** Finds what is wrong with lock files: something else is in their place. */

import { DamagedStoreError } from "../../errors/store_errors.ts";
import { whyOf } from "../../errors/why.ts";
import { isErrno } from "../../fs/errno.ts";
import { isNameThere } from "../../fs/if_there.ts";

/**
 * Finds why a file cannot be locked. A symbolic link to a file can be, as other tools
 * follow it, too; a missing file is made by the next writer.
 *
 * @returns Undefined if nothing is wrong.
 */
export function findLockFault(path: string): DamagedStoreError | undefined {
  const why = describeWrongKind(path) ?? findRefusal(path);
  return why === undefined ? undefined : makeFault(path, why);
}

/** The same, but only of what is no file. */
export function findWrongKind(path: string): DamagedStoreError | undefined {
  const why = describeWrongKind(path);
  return why === undefined ? undefined : makeFault(path, why);
}

function makeFault(path: string, why: string): DamagedStoreError {
  return new DamagedStoreError(
    `Cannot lock "${path}": ${why}; nothing was changed`,
    { path },
  );
}

function describeWrongKind(path: string): string | undefined {
  try {
    const found = Deno.statSync(path);
    if (found.isFile) return undefined;
    if (found.isDirectory) return "it is a directory";
    if (found.isFifo) return "it is a FIFO";
    return found.isSocket ? "it is a socket" : "it is a device";
  } catch (error) {
    if (isErrno(error, "ENOENT") && !isNameThere(path)) return undefined;
    if (isErrno(error, "ENOENT", "ELOOP")) {
      return "its symbolic links do not resolve";
    }
    throw error;
  }
}

/** Nobody can write to an immutable file. */
function findRefusal(path: string): string | undefined {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
    return undefined;
  } catch (error) {
    return isErrno(error, "EPERM")
      ? `${whyOf(error)}; it may be immutable: see "lsattr ${path}"`
      : undefined;
  }
}
