/** Puts a layer's directories into the state that a mount needs. */

import { join } from "@std/path";
import type { OverlayRequest } from "./plan_overlay.ts";

/**
 * Makes what may be missing (the mount point, a lost `diff`), and clears the
 * mark of an earlier volatile mount, which the kernel would refuse to mount
 * again: store-wide rules of containers/storage.
 *
 * @throws {Deno.errors.NotFound} If the layer itself or `work` is missing.
 */
export async function prepareOverlay(
  { home, layerId, access }: OverlayRequest,
): Promise<void> {
  const layer = join(home, layerId);
  await ensureDirectory(join(layer, "merged"), 0o700);
  await ensureDirectory(join(layer, "diff"), 0o555);
  if (access === "read-only") return;
  const work = join(layer, "work");
  await Deno.lstat(work);
  await removeTree(join(work, "work", "incompat", "volatile"));
}

async function ensureDirectory(path: string, mode: number): Promise<void> {
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    throw error;
  }
  await Deno.chmod(path, mode); // Whatever the umask is.
}

async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
