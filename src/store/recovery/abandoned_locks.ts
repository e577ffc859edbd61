/**
 * Lock files of running processes in the run root: one for each layer being pulled,
 * and one for each container being run.
 */

import { join } from "@std/path";
import { lstatIfThere, removeIfThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { readNotices } from "../layers/notices.ts";
import { tryLock } from "../records/lock.ts";
import type { Store } from "../store.ts";

const DIRECTORIES = ["pulls", "runs"];

/** Removes those of processes that ended. */
export function removeAbandonedLocks(
  { paths, libc }: Pick<Store, "paths" | "libc">,
): void {
  readNotices({ paths, libc }); // which removes abandoned notices, too
  for (const name of DIRECTORIES) {
    const directory = join(paths.runRoot, "orlop", name);
    for (
      const path of listIfDirectory(directory).map((n) => join(directory, n))
    ) {
      const info = lstatIfThere(path);
      // A lock file is empty.
      if (info?.isFile !== true || info.size > 0) continue;
      using lock = tryLock(path, libc);
      if (lock !== undefined) removeIfThere(path);
    }
  }
}
