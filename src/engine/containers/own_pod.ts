/** Pods that were made for one container, and go with it. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { findContainer } from "../../store/find_container.ts";
import type { ReadTables } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { isAttached, releasePod } from "../release_pod.ts";
import { checkIdle } from "./container_status.ts";
import { tryReadLastRun } from "./last_run.ts";
import { listMembers, readMetadata } from "./list_containers.ts";

/** The infra container of a pod that was made for one container, and is left. */
export function findOwnPod(
  agent: Agent,
  { containers }: Pick<ReadTables, "containers">,
  record: ContainerRecord,
  isLeft: (record: ContainerRecord) => boolean = () => true,
): readonly ContainerRecord[] {
  const podId = readMetadata(record)?.podId ?? "";
  if (podId === record.id) return [];
  const infra = containers.lookUp(podId);
  if (infra === undefined) return [];
  // Asked first: few are, and a pod may have thousands of members.
  if (tryReadLastRun(agent, infra.id)?.owner !== record.id) return [];
  const left = listMembers(containers, podId)
    .filter(({ record }) => isLeft(record));
  return left.length > 2 ? [] : [infra];
}

/**
 * Finds a container, and behind it the infra container of its own pod. What is not
 * there, or not clear, is for others to tell.
 */
export async function findWithPod(
  agent: Agent,
  idOrName: string,
  options: Abortable = {},
): Promise<readonly ContainerRecord[]> {
  using held = await agent.store.lock({ containers: "read" }, options);
  try {
    const record = findContainer(held.containers, idOrName);
    return [record, ...findOwnPod(agent, held, record)];
  } catch {
    return [];
  }
}

/**
 * Gives back what a pod among those that are to be removed has outside of the store:
 * now, as locks have no time for it, but not if one of the others has to stay.
 *
 * @throws {InUseError} If something runs in one of the others.
 */
export async function releaseAmong(
  agent: Agent,
  doomed: readonly ContainerRecord[],
  options: Abortable = {},
): Promise<void> {
  const attached = doomed.find(({ id }) => isAttached(agent, id));
  if (attached === undefined) return;
  for (const record of doomed) {
    if (record !== attached) await checkIdle(agent, record, { verb: "remove" });
  }
  await releasePod(agent, attached.id, options);
}
