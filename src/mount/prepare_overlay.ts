/** Prepares the directories of a layer for a mount. */

import { join } from "@std/path";
import { isNameThere } from "../fs/if_there.ts";
import { removeTreeSync } from "../fs/remove_tree.ts";
import type { Libc } from "../process/libc.ts";
import type { OverlayRequest } from "./plan_overlay.ts";

/**
 * Makes what may be missing (the mount point, a lost `diff`), and removes the mark
 * of an earlier volatile mount, with which the kernel would refuse to mount again.
 * These are rules of containers/storage.
 *
 * @param libc With it, a missing file costs no exception.
 * @throws {Deno.errors.NotFound} If the layer itself or `work` is missing.
 */
export function prepareOverlay(
  { home, layerId, access }: OverlayRequest,
  libc?: Libc,
): void {
  const layer = join(home, layerId);
  ensureDirectory(join(layer, "merged"), { mode: 0o700, libc });
  ensureDirectory(join(layer, "diff"), { mode: 0o555, libc });
  if (access === "read-only") return;
  const work = join(layer, "work");
  Deno.lstatSync(work);
  removeTreeSync(join(work, "work", "incompat", "volatile"), libc);
}

function ensureDirectory(
  path: string,
  { mode, libc }: { readonly mode: number; readonly libc: Libc | undefined },
): void {
  if (isNameThere(path, libc)) return;
  Deno.mkdirSync(path);
  Deno.chmodSync(path, mode); // Whatever the umask is.
}
