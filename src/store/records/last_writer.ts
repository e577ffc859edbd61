/** Tells whether records changed, without a lock: each writer leaves its token. */

import { join } from "@std/path";
import { readIfThere } from "../../fs/if_there.ts";
import type { StorePaths } from "../paths.ts";

/**
 * The token of the last writer of containers' records, as text to compare; empty if
 * there was none. Writers leave theirs before they change anything: records that
 * were read under a lock are as they were for as long as it stays the same.
 */
export function readContainersToken({ containers }: StorePaths): string {
  return readIfThere(join(containers, "containers.lock"))?.toHex() ?? "";
}
