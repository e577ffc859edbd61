/** Removes sandboxes, also partly created ones. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidSandboxIdError } from "../../errors/not_found_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { removeIfThere } from "../../fs/if_there.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { removePodSandbox } from "../pods/remove_pod_sandbox.ts";
import { findState } from "./attachment_note.ts";
import { lockSandbox } from "./lock_sandbox.ts";
import { placesOf } from "./sandbox_places.ts";
import { stopLocked } from "./stop_sandbox.ts";

/**
 * Removes a sandbox; it is stopped first. It is no error if there is none.
 *
 * @param handle From `openAgent()`.
 * @param id Its full ID.
 * @throws {InUseError} If it has containers.
 * @throws {NetworkError} If a network cannot be left: then the sandbox stays.
 * @throws {DamagedFileError} If its state does not parse.
 * @example
 * ```ts
 * import { type Agent, listSandboxes, removeSandbox } from "orlop";
 * async function removeAll(agent: Agent): Promise<void> {
 *   for (const { id } of await listSandboxes(agent)) await removeSandbox(agent, id);
 * }
 * ```
 */
export async function removeSandbox(
  handle: AgentHandle,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  const agent = insideOf(handle);
  if (findState(agent, id) === undefined) return;
  using _lock = await lockSandbox(agent, id, options);
  await removeLocked(agent, id, options);
}

/** Removes a sandbox whose lock is held, and the lock's file. */
export async function removeLocked(
  agent: Agent,
  id: ContainerId,
  options: Abortable,
): Promise<void> {
  const state = findState(agent, id);
  if (state !== undefined) {
    await stopLocked(agent, id, { ...options, state });
    try {
      await removePodSandbox(agent, id, { ...options, members: "refuse" });
    } catch (error) {
      // Another call or process has removed it meanwhile.
      if (!(error instanceof InvalidSandboxIdError)) throw error;
    }
  }
  // A call that waited for another removal has created the lock file again.
  removeIfThere(placesOf(agent.store.paths, id).lock);
}
