/** Stops pods: ends the processes of their containers, and unmounts them. */

import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { releasePod } from "../release_pod.ts";
import { endNamed, type EndOptions } from "../containers/end_process.ts";
import { listMembers } from "../containers/list_containers.ts";
import { unmountContainer } from "./unmount_container.ts";
import { findSandbox } from "./remove_pod_sandbox.ts";
import { finishRemoval } from "./finish_removal.ts";
import { unlessGone } from "./unless_gone.ts";

/**
 * Ends the processes of a pod's containers concurrently, and unmounts them.
 * Containers with removal `"at-end"` are removed.
 *
 * @throws {InvalidSandboxIdError} If there is no such pod.
 * @throws {InUseError} If a process does not end.
 * @param handle From `openAgent()`.
 * @param idOrName The pod's.
 * @returns Its ID.
 * @example
 * ```ts
 * import { type Agent, listPods, stopPod } from "orlop";
 * async function stopAll(agent: Agent): Promise<void> {
 *   for (const { id } of await listPods(agent)) {
 *     await stopPod(agent, id, { timeMs: 30_000 });
 *   }
 * }
 * ```
 */
export async function stopPod(
  handle: AgentHandle,
  idOrName: string,
  options: Omit<EndOptions, "running"> = {},
): Promise<ContainerId> {
  const agent = insideOf(handle);
  const { podId, ids } = await findContainers();
  await endNamed(agent, ids, { ...options, verb: "stop" });
  for (const id of ids) {
    // Its runner may have removed it.
    await unlessGone(unmountContainer(agent, id, { ...options, mode: "all" }));
  }
  await releasePod(agent, podId, options);
  const { signal } = options;
  for (const id of ids) await finishRemoval(agent, id, { signal });
  return podId;

  async function findContainers() {
    using held = await agent.store.lock({ containers: "read" }, options);
    const { id: podId } = findSandbox(held.containers, idOrName);
    const ids = listMembers(held.containers, podId).map(({ id }) => id);
    return { podId, ids };
  }
}
