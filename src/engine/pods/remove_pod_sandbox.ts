/** Removes pods. */

import { InUseError } from "../../errors/store_errors.ts";
import {
  AmbiguousIdError,
  ContainerNotFoundError,
  InvalidSandboxIdError,
} from "../../errors/not_found_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { choose } from "../../store/find_container.ts";
import { openTrash } from "../../store/layers/trash.ts";
import { type ReadTables, WRITE_LOCKS } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { isAnyAttached } from "../release_pod.ts";
import { removeContainers } from "../containers/remove_containers.ts";
import { endNamed, type EndOptions } from "../containers/end_process.ts";
import { readMetadata } from "../container_owner.ts";
import { findInfra, listMembers } from "../containers/list_containers.ts";
import { releaseAmong } from "../containers/own_pod.ts";

/** How to remove a pod. */
export interface RemovePodSandboxOptions extends EndOptions {
  /**
   * What to do with its other containers: keep them (the default), refuse the
   * removal, or remove them first.
   *
   * @default {"keep"}
   */
  readonly members?: "keep" | "refuse" | "remove" | undefined;
}

/**
 * Removes a pod's infra container.
 *
 * @param idOrName The pod's ID or name, or a unique prefix of the ID.
 * @returns The IDs of the containers that were removed, the infra one last.
 * @throws {InvalidSandboxIdError} If there is no such pod.
 * @throws {InUseError} If it has members and `members` is `"refuse"`, or a process
 *   runs in one to be removed.
 */
export async function removePodSandbox(
  agent: Agent,
  idOrName: string,
  options: RemovePodSandboxOptions = {},
): Promise<readonly ContainerId[]> {
  const ended = options.running === "end"
    ? await endPod(agent, idOrName, options)
    : [];
  await release(agent, ended.at(-1) ?? idOrName, options);
  await using trash = openTrash(agent.store);
  using held = await agent.store.lock(WRITE_LOCKS, options);
  const podId = ended.at(-1);
  // Its runner may have removed it.
  if (podId !== undefined && held.containers.get(podId) === undefined) {
    return ended;
  }
  const records = listToRemove(held, podId ?? idOrName, options);
  await removeContainers(agent, held, { records, trash });
  return records.map(({ id }) => id);
}

/** Releases its resources outside the store, if it can be removed. */
async function release(
  agent: Agent,
  idOrName: string,
  options: RemovePodSandboxOptions,
): Promise<void> {
  if (!isAnyAttached(agent)) return;
  await releaseAmong(agent, await list(), options);

  async function list(): Promise<readonly ContainerRecord[]> {
    using held = await agent.store.lock({ containers: "read" }, options);
    const isGone = held.containers.lookUp(idOrName) === undefined &&
      options.running === "end";
    return isGone ? [] : listToRemove(held, idOrName, options);
  }
}

async function endPod(
  agent: Agent,
  idOrName: string,
  options: RemovePodSandboxOptions,
): Promise<readonly ContainerId[]> {
  return await endNamed(agent, await listIds(), { ...options, verb: "remove" });

  async function listIds(): Promise<readonly ContainerId[]> {
    using held = await agent.store.lock({ containers: "read" }, options);
    return listToRemove(held, idOrName, options).map(({ id }) => id);
  }
}

/** The members to remove, then the infra container. */
function listToRemove(
  { containers }: Pick<ReadTables, "containers">,
  idOrName: string,
  options: RemovePodSandboxOptions,
): readonly ContainerRecord[] {
  const infra = findSandbox(containers, idOrName);
  const members = listMembers(containers, infra.id)
    .filter(({ id }) => id !== infra.id);
  if (members.length > 0 && options.members === "refuse") {
    const names = members.map(({ name }) => name);
    throw new InUseError(
      `Cannot remove pod "${idOrName}": it has containers ` +
        `${names.map((name) => `"${name}"`).join(", ")}; remove them first`,
      names,
    );
  }
  return options.members === "remove"
    ? [...members.map(({ record }) => record), infra]
    : [infra];
}

/**
 * Finds a pod's infra container.
 *
 * @throws {InvalidSandboxIdError} If there is no such pod.
 */
export function findSandbox(
  containers: ReadTables["containers"],
  idOrName: string,
): ContainerRecord {
  const infra = findInfra(containers, idOrName);
  if (infra !== undefined) return infra.record;
  const pods = containers.records
    .filter((record) => readMetadata(record)?.pod === true);
  try {
    return choose(pods, idOrName, { kind: "pod" });
  } catch (error) {
    if (error instanceof AmbiguousIdError) throw error;
    if (!(error instanceof ContainerNotFoundError)) throw error;
    throw new InvalidSandboxIdError(
      `Cannot find pod "${idOrName}": invalid sandbox ID: no pod has this ` +
        "name or ID",
      { cause: error },
    );
  }
}
