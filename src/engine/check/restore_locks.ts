/**
 * Restores lock files in whose place something else is: that is removed or, if
 * something is in it, renamed. The next writer makes the file.
 */

import { dirname } from "@std/path";
import { whyOf } from "../../errors/why.ts";
import { isErrno } from "../../fs/errno.ts";
import { syncDirectory } from "../../fs/sync.ts";
import { findWrongKind } from "../../store/records/lock_faults.ts";
import type { TableFault } from "../../store/records/record_files.ts";
import { findLockFaults } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";

/** The actual or planned result of restoring a lock file. */
export interface RestoredLock {
  /** The fault that was found. */
  readonly fault: TableFault;
  /** The action, such as `remove it`. */
  readonly does: string;
  /** Why it is left as it is; undefined if it is not. */
  readonly left?: string | undefined;
}

/** Restores those that need it. @param action `"plan"` changes nothing. */
export function restoreLocks(
  { store: { paths }, log }: Agent,
  action: "plan" | "repair",
): readonly RestoredLock[] {
  return findLockFaults(paths).map((fault) => {
    const { path } = fault;
    if (findWrongKind(path) === undefined) {
      return { fault, does: "replace it", left: "only root can allow that" };
    }
    if (action === "plan") return { fault, does: "remove or rename it" };
    try {
      const does = removeOrRename(path);
      log("info", `restored "${path}"`);
      return { fault, does };
    } catch (error) {
      return { fault, does: "remove or rename it", left: whyOf(error) };
    }
  });
}

/** @returns What was done. */
function removeOrRename(path: string): string {
  try {
    Deno.removeSync(path);
    syncDirectory(dirname(path));
    return "remove it: the next writer creates the file";
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY")) throw error;
  }
  const time = new Date().toISOString().replaceAll(":", "");
  const kept = `${path}.damaged-${time}`;
  Deno.renameSync(path, kept);
  syncDirectory(dirname(path));
  return `rename it: it is now ${kept}`;
}
