/** Folders that programs may be run from. */

import { type TempDir, tempDir } from "./temp_dir.ts";

/**
 * A temporary folder that only this user can change, and nothing on the way to
 * it: for root that is not so below `/tmp`.
 */
export function trustedDir(): TempDir {
  return tempDir(Deno.uid() === 0 ? "/var/cache" : undefined);
}
