/** Detects changes of records without a lock: each writer leaves a token. */

import { join } from "@std/path";
import { readIfThere } from "../../fs/if_there.ts";
import type { StorePaths } from "../paths.ts";

/**
 * The token of the last writer of containers' records, as text to compare; empty if
 * there was none. Writers write theirs before they change anything: records that
 * were read under a lock are current as long as the token stays the same.
 */
export function readContainersToken({ containers }: StorePaths): string {
  return readIfThere(join(containers, "containers.lock"))?.toHex() ?? "";
}
