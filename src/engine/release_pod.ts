/**
 * Releases the resources of a pod outside the store, before its record is deleted.
 * It is beside the folders, since those that remove records are below the one for
 * networks, and load it only for a pod that has one.
 */

import type { Abortable } from "../errors/abort.ts";
import type { ContainerId } from "../formats/storage/store_ids.ts";
import { isThere } from "../fs/if_there.ts";
import { listIfDirectory } from "../fs/list_directory.ts";
import { attachmentPath, attachmentsDirectory } from "../store/paths.ts";
import type { Agent } from "./agent.ts";

/** Whether any pod has such resources: usually none has. */
export function isAnyAttached({ store }: Agent): boolean {
  const directory = attachmentsDirectory(store.paths);
  return isThere(directory, store.libc) &&
    listIfDirectory(directory).some((name) => name.endsWith(".json"));
}

/** Whether a pod has namespaces or addresses to release. */
export function isAttached({ store }: Agent, podId: ContainerId): boolean {
  return isThere(attachmentPath(store.paths, podId), store.libc);
}

/**
 * Releases the resources of a pod, if it has any. The caller must hold no lock of
 * the store, as plugins are slow.
 *
 * @throws {NetworkError} If a network cannot be left.
 */
export async function releasePod(
  agent: Agent,
  podId: ContainerId,
  options: Abortable = {},
): Promise<void> {
  if (!isAttached(agent, podId)) return;
  const { stopSandbox } = await import("./sandboxes/stop_sandbox.ts");
  await stopSandbox(agent, podId, options);
}
