/** Starts a container's created process. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { noteStart } from "../containers/last_run.ts";
import { findRuntime, ownRuntime } from "../runtimes/find_runtime.ts";
import { runCreated } from "../runtimes/oci_runtime.ts";

/** How to start a process. */
export interface StartProcessOptions extends Abortable {
  /**
   * The runtime that created it: its name or absolute path.
   *
   * @default {runc, else crun}
   */
  readonly runtime?: string | undefined;
}

/**
 * Starts the process that `createProcess()` created.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @throws {CommandError} If it does not exist, or runs already.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, createProcess, startProcess } from "orlop";
 * async function start(agent: Agent, id: ContainerId): Promise<number> {
 *   const pid = await createProcess(agent, id);
 *   await startProcess(agent, id); // until now it has waited
 *   return pid;
 * }
 * ```
 */
export async function startProcess(
  handle: AgentHandle,
  id: ContainerId,
  { runtime, signal }: StartProcessOptions = {},
): Promise<void> {
  const agent = insideOf(handle);
  const own = ownRuntime(agent, findRuntime(runtime));
  // After a kill in between, the runtime's state still shows that it runs.
  await Promise.all([
    noteStart(agent, id),
    runCreated(own, id, { signal }),
  ]);
}
