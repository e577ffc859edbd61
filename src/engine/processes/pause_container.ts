/** Pauses and resumes the processes of containers. */

import type { Abortable } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { tell } from "../runtimes/oci_runtime.ts";
import { runtimeMessage } from "../runtimes/runtime_message.ts";
import { findOwn } from "./find_own.ts";
import { findRunning } from "./find_running.ts";

/**
 * Pauses or resumes all processes of a container, by its cgroup's freezer.
 *
 * @param handle From `openAgent()`.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @param action The action.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {Error} If nothing runs in it, or it is paused, or not paused, already.
 * @example
 * ```ts
 * import { type Agent, pauseContainer } from "orlop";
 * async function whilePaused(agent: Agent, name: string): Promise<void> {
 *   await pauseContainer(agent, name, { action: "pause" });
 *   await pauseContainer(agent, name, { action: "resume" });
 * }
 * ```
 */
export async function pauseContainer(
  handle: AgentHandle,
  idOrName: string,
  { action, signal }: Abortable & { readonly action: "pause" | "resume" },
): Promise<void> {
  const agent = insideOf(handle);
  const record = await findOwn(agent, idOrName, { verb: "change", signal });
  const doing = action;
  const { runtime, status } = await findRunning(agent, record, {
    ...{ doing, signal },
  });
  const wanted = action === "pause" ? "running" : "paused";
  if (status !== wanted) {
    throw new Error(
      `Cannot ${action} container "${idOrName}": it is ${status}, not ${wanted}`,
    );
  }
  const args = [action, record.id];
  const { code, stderr } = await tell(runtime, args, { signal });
  if (code === 0) return;
  throw new CommandError(
    `Cannot ${action} container "${idOrName}": ${runtimeMessage(stderr)}`,
    { exitCode: code },
  );
}
