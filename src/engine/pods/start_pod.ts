/** Starts pods: runs the processes of their containers. */

import type { Abortable } from "../../errors/abort.ts";
import { InUseError, PolicyError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere } from "../../fs/if_there.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { findActivity } from "../containers/container_status.ts";
import { listMembers } from "../containers/list_containers.ts";
import { readTemplate } from "../parse_stored.ts";
import { findSandbox } from "./remove_pod_sandbox.ts";
import { runDetached, type RunDetachedOptions } from "./run_detached.ts";

/** How to start a pod. */
export interface StartPodOptions
  extends Abortable, Pick<RunDetachedOptions, "runtime"> {
  /**
   * Makes the command to run when a container's process has ended, which calls
   * `cleanUpContainer()`.
   *
   * @default {nothing: it stays mounted}
   */
  readonly exitCommand?: ((id: ContainerId) => readonly string[]) | undefined;
}

// A label on containers of a kubelet.
const OF_KUBELET = "io.kubernetes.cri.container-type";

/**
 * Runs the processes of a pod's containers, detached, in the order in which the
 * containers were made. Running ones are not changed.
 *
 * @param handle From `openAgent()`.
 * @param idOrName The pod's.
 * @returns Its ID.
 * @throws {InvalidSandboxIdError} If there is no such pod.
 * @throws {PolicyError} If a kubelet has made it.
 * @throws {InUseError} If it had a network, and was stopped.
 * @throws {CommandError} If a container's process cannot be started.
 * @throws {AggregateError} If several cannot.
 * @example
 * ```ts
 * import { type Agent, startPod } from "orlop";
 * async function start(agent: Agent, name: string): Promise<void> {
 *   await startPod(agent, name);
 * }
 * ```
 */
export async function startPod(
  handle: AgentHandle,
  idOrName: string,
  options: StartPodOptions = {},
): Promise<ContainerId> {
  const agent = insideOf(handle);
  const { exitCommand, ...others } = options;
  const { podId, ids } = await findMembers(agent, idOrName, options);
  for (const id of ids) checkTemplate(agent, idOrName, id);
  const failures: unknown[] = [];
  for (const id of ids) {
    const { process, hasRunner } = await findActivity(agent, id, options);
    if (process !== undefined || hasRunner) continue;
    try {
      await runDetached(agent, id, {
        ...others,
        exitCommand: exitCommand?.(id),
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(error); // a failure must not stop the others
    }
  }
  if (failures.length > 1) throw new AggregateError(failures);
  if (failures.length === 1) throw failures[0];
  return podId;
}

async function findMembers(agent: Agent, idOrName: string, options: Abortable) {
  using held = await agent.store.lock({ containers: "read" }, options);
  const { id: podId } = findSandbox(held.containers, idOrName);
  const members = listMembers(held.containers, podId)
    .filter(({ id }) => id !== podId)
    .toSorted((a, b) =>
      Date.parse(a.record.created) - Date.parse(b.record.created)
    );
  return { podId, ids: members.map(({ id }) => id) };
}

function checkTemplate(agent: Agent, name: string, id: ContainerId): void {
  const { annotations = {}, linux = {} } = readTemplate(agent, id) ?? {};
  if (annotations[OF_KUBELET] !== undefined) {
    throw new PolicyError(
      `Cannot start pod "${name}": a kubelet created it, and starts it`,
    );
  }
  const lost = (linux.namespaces ?? []).find(({ path }) =>
    path !== undefined && !isThere(path, agent.store.libc)
  );
  if (lost === undefined) return;
  throw new InUseError(
    `Cannot start pod "${name}": it has no network since it was stopped, or since a ` +
      "reboot; create it again",
    [name],
  );
}
