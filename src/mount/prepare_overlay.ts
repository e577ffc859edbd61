/** Puts a layer's directories into the state that a mount needs. */

import { join } from "@std/path";
import { isNameThere } from "../fs/if_there.ts";
import { removeTreeSync } from "../fs/remove_tree.ts";
import type { Libc } from "../process/libc.ts";
import type { OverlayRequest } from "./plan_overlay.ts";

/**
 * Makes what may be missing (the mount point, a lost `diff`), and clears the
 * mark of an earlier volatile mount, which the kernel would refuse to mount
 * again: store-wide rules of containers/storage.
 *
 * @param libc With it, what is missing costs no error.
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
