/** Cleans up a detached container whose process has ended. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { findActivity } from "../containers/container_status.ts";
import { isAnyAttached, releasePod } from "../release_pod.ts";
import { forget } from "../runtimes/oci_runtime.ts";
import { findWithPod } from "../containers/own_pod.ts";
import { unmountContainer } from "./unmount_container.ts";
import { finishRemoval } from "./finish_removal.ts";
import { unlessGone } from "./unless_gone.ts";

/**
 * Unmounts a container that `runDetached()` has started, when its process has
 * ended, and removes it if requested. Does nothing if a process runs in it again,
 * or if it is gone.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @example
 * ```ts
 * import { type Agent, cleanUpContainer, type ContainerId } from "orlop";
 * async function onExit(agent: Agent, id: ContainerId): Promise<void> {
 *   await cleanUpContainer(agent, id);
 * }
 * ```
 */
export async function cleanUpContainer(
  handle: AgentHandle,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  const agent = insideOf(handle);
  const { process, hasRunner } = await findActivity(agent, id, options);
  if (process !== undefined || hasRunner) return;
  const [, pod] = isAnyAttached(agent)
    ? await findWithPod(agent, id, options)
    : [];
  await forget(agent, id);
  await unlessGone(unmountContainer(agent, id, options));
  if (pod !== undefined) await releasePod(agent, pod.id, options);
  await finishRemoval(agent, id, options);
}
