/** Unmounts the directory of layers, which `bindPrivate()` has made a mount. */

import { isErrno } from "../../fs/errno.ts";
import type { Agent } from "../agent.ts";
import type { MountLocks } from "./mount_counts.ts";

/**
 * Unmounts a store's home, as other tools do when they shut the store down. The locks
 * prevent new mounts. Uncounted mounts, or those counted in another run root, would
 * vanish with the home: then it stays.
 *
 * @param targets The last counted mounts, if there are any; they are unmounted with
 *   it.
 * @returns Whether these were unmounted.
 */
export async function releaseHome(
  { store: { paths }, mounter }: Agent,
  { storage }: MountLocks,
  { targets = [] }: { readonly targets?: readonly string[] } = {},
): Promise<boolean> {
  const { home } = paths;
  const found = (await mounter.list(home)).map(({ target }) => target);
  const isOthers = found.some((other) =>
    other !== home && !targets.includes(other)
  );
  if (isOthers || !found.includes(home)) return false;
  try {
    storage.writeToken(); // others have to bind it anew
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
    return false; // the mounts could not be listed
  }
  await mounter.unmount(home, { mode: "lazy" });
  // Mounts that the home's mount hid become visible again.
  if (found.length === 1 + targets.length && found[0] === home) return true;
  for (const target of targets) {
    if (await mounter.isMounted(target)) return false;
  }
  return true;
}
