/** Pods that were made for one container, and are removed with it. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { findContainer } from "../../store/find_container.ts";
import type { ReadTables } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { isAttached, releasePod } from "../release_pod.ts";
import { checkIdle } from "./container_status.ts";
import { tryReadLastRun } from "./last_run.ts";
import { readMetadata } from "../container_owner.ts";
import { listMembers } from "./list_containers.ts";

/**
 * The infra container of a pod that was made for one container, if it still exists.
 */
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
  // Checked first, as it is cheaper than listing thousands of members.
  if (tryReadLastRun(agent, infra.id)?.owner !== record.id) return [];
  const left = listMembers(containers, podId)
    .filter(({ record }) => isLeft(record));
  return left.length > 2 ? [] : [infra];
}

/**
 * Finds a container and the infra container of its own pod. A missing or ambiguous
 * one is reported by other code.
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
 * Releases the resources of a pod to be removed outside the store: now, as it is
 * too slow under locks, but not if another of the containers cannot be removed.
 *
 * @throws {InUseError} If something runs in one of the others.
 */
export async function releaseAmong(
  agent: Agent,
  targets: readonly ContainerRecord[],
  options: Abortable = {},
): Promise<void> {
  const attached = targets.find(({ id }) => isAttached(agent, id));
  if (attached === undefined) return;
  for (const record of targets) {
    if (record !== attached) await checkIdle(agent, record, { verb: "remove" });
  }
  await releasePod(agent, attached.id, options);
}
