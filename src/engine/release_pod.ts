/**
 * Releases what a pod has outside of the store, before its record goes. It stands
 * beside the rooms: those that remove records are below the one that knows
 * networks, and load it only for the rare pod that has one.
 */

import type { Abortable } from "../errors/abort.ts";
import type { ContainerId } from "../formats/storage/store_ids.ts";
import { isThere } from "../fs/if_there.ts";
import { listIfDirectory } from "../fs/list_directory.ts";
import { attachmentPath, attachmentsDirectory } from "../store/paths.ts";
import type { Agent } from "./agent.ts";

/** Whether any pod has something: mostly none has. */
export function isAnyAttached({ store }: Agent): boolean {
  return listIfDirectory(attachmentsDirectory(store.paths))
    .some((name) => name.endsWith(".json"));
}

/** Whether a pod has namespaces or addresses that are to be released. */
export function isAttached({ store }: Agent, podId: ContainerId): boolean {
  return isThere(attachmentPath(store.paths, podId), store.libc);
}

/**
 * Releases what a pod has; most have nothing. No lock of the store may be held:
 * plugins take their time.
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
