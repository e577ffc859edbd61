/** Waits until containers reach a state, such as exited. */

import { type Abortable, sleep } from "../../errors/abort.ts";
import { ContainerNotFoundError } from "../../errors/not_found_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { ownerOf } from "../container_owner.ts";
import {
  type ContainerState,
  type ContainerStatus,
  readStatus,
} from "../containers/container_status.ts";
import { readExit } from "../containers/process_exit.ts";
import { readLastExit } from "../pods/last_exit.ts";
import { findOwn } from "./find_own.ts";

/** What to wait for. */
export interface WaitOptions extends Abortable {
  /**
   * Any of these ends the wait; mounts are not examined.
   *
   * @default {["exited"]}
   */
  readonly states?: readonly ContainerState[] | undefined;
}

// Short enough to see the end of a container that is removed 100 ms later.
const POLL_MS = 20;
// A query to a runtime takes some 10 ms of CPU time.
const ASK_EVERY_MS = 250;

/**
 * Waits for a container, usually for the end of its process.
 *
 * @param handle From `openAgent()`.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @returns The exit code of its process: 128 and the signal's number if a signal
 *   ended it; undefined if it has not ended, or its exit was not recorded.
 * @throws {ContainerNotFoundError} If it is unknown, or is removed meanwhile.
 * @throws {PolicyError} If it is another tool's.
 * @example
 * ```ts
 * import { type Agent, waitForContainer } from "orlop";
 * async function hasSucceeded(agent: Agent, name: string): Promise<boolean> {
 *   return await waitForContainer(agent, name) === 0;
 * }
 * ```
 */
export async function waitForContainer(
  handle: AgentHandle,
  idOrName: string,
  { states = ["exited"], signal }: WaitOptions = {},
): Promise<number | undefined> {
  const agent = insideOf(handle);
  const { id } = await findOwn(agent, idOrName, { verb: "read", signal });
  let askedMs = -Infinity;
  for (;;) {
    const exit = states.includes("exited") ? readExit(agent, id) : undefined;
    if (exit !== undefined) return exit.exitCode;
    if (performance.now() - askedMs >= ASK_EVERY_MS) {
      askedMs = performance.now();
      const record = await findRecord(id);
      if (record === undefined) return lastExitOf(id);
      const { state, exitCode } = await look(record);
      if (states.includes(state)) return exitCode;
    }
    await sleep(POLL_MS, { signal });
  }

  async function look(record: ContainerRecord): Promise<ContainerStatus> {
    return await readStatus(agent, record, { isMounted: false, signal });
  }

  async function findRecord(id: ContainerId) {
    using held = await agent.store.lock({ containers: "read" }, { signal });
    const record = held.containers.get(id);
    const isOwn = record && ownerOf(agent.store, record) === "orlop";
    return isOwn ? record : undefined;
  }

  /** It ended and was removed between two looks, or somebody removed it. */
  function lastExitOf(id: ContainerId): number {
    const exitCode = readLastExit(agent, id);
    if (exitCode !== undefined && states.includes("exited")) return exitCode;
    throw new ContainerNotFoundError(
      `Cannot wait for container "${idOrName}": it was removed`,
    );
  }
}
