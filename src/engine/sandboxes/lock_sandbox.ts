/** Serializes the changes of a sandbox, across processes. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { acquireLock } from "../../store/records/lock.ts";
import type { Agent } from "../agent.ts";
import { placesOf, sandboxesDirectory } from "./sandbox_places.ts";

/**
 * Waits for the lock of a sandbox.
 *
 * @throws {StoreBusyError} If that takes longer than the store waits for a lock.
 */
export async function lockSandbox(
  { store }: Agent,
  id: ContainerId,
  options: Abortable = {},
): Promise<Disposable> {
  const { paths, libc } = store;
  await Deno.mkdir(sandboxesDirectory(paths), { recursive: true, mode: 0o700 });
  return await acquireLock(placesOf(paths, id).lock, "write", {
    ...options,
    libc,
  });
}
