/** Deletes containers. */

import type { Abortable } from "../../errors/abort.ts";
import { InUseError } from "../../errors/store_errors.ts";
import { InvalidContainerIdError } from "../../errors/not_found_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { choose, findContainer } from "../../store/find_container.ts";
import { openTrash } from "../../store/layers/trash.ts";
import { WRITE_LOCKS, type WriteLocks } from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { groupByStore, type GroupedCall } from "../call_group.ts";
import { checkOwner, readMetadata } from "../container_owner.ts";
import { mountPoint } from "../mounts/mount_points.ts";
import { isAnyAttached, isAttached } from "../release_pod.ts";
import { readStatus } from "./container_status.ts";
import { endNamed, type EndOptions } from "./end_process.ts";
import { findOwnPod, findWithPod, releaseAmong } from "./own_pod.ts";
import { detachContainers, dropDetached } from "./remove_containers.ts";

/** How to delete a container. */
export interface DeleteContainerOptions extends EndOptions {
  /**
   * `"refuse"` keeps one that was mounted by `start`.
   *
   * @default {"unmount"}
   */
  readonly mounted?: "unmount" | "refuse" | undefined;
  /**
   * `"refuse"` keeps an infra container.
   *
   * @default {"remove"}
   */
  readonly infra?: "remove" | "refuse" | undefined;
}

/**
 * Deletes a container: unmounts it, then removes layer, directories, record,
 * and the pod that was made for it alone.
 *
 * @returns Its ID.
 * @throws {InvalidContainerIdError} If `idOrName` is empty.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {InUseError} If something runs in it, or is mounted in it.
 */
export async function deleteContainer(
  agent: Agent,
  idOrName: string,
  options: DeleteContainerOptions = {},
): Promise<ContainerId> {
  if (idOrName === "") {
    throw new InvalidContainerIdError(
      `Cannot delete container "": invalid container ID: it is empty`,
    );
  }
  const verb = "remove";
  const check = (record: ContainerRecord) => checkInfra(record, options);
  const [ended] = options.running === "end"
    ? await endNamed(agent, [idOrName], { ...options, verb, check })
    : [];
  await releaseBefore(agent, ended ?? idOrName, options);
  return await deleteInGroup({ agent, idOrName, options, ended }, options);
}

async function releaseBefore(
  agent: Agent,
  idOrName: string,
  options: DeleteContainerOptions,
): Promise<void> {
  if (!isAnyAttached(agent)) return;
  const targets = await findWithPod(agent, idOrName, options);
  const [record] = targets;
  if (
    record === undefined || !targets.some(({ id }) => isAttached(agent, id))
  ) {
    return;
  }
  checkInfra(record, options);
  await releaseAmong(agent, targets, options);
}

interface DeleteRequest {
  readonly agent: Agent;
  readonly idOrName: string;
  readonly options: DeleteContainerOptions;
  /** The container whose process was ended; undefined if none was to be. */
  readonly ended: ContainerId | undefined;
}

type DeleteCall = GroupedCall<DeleteRequest, ContainerId>;

const deleteInGroup = groupByStore<DeleteRequest, ContainerId>(deleteAll);

/**
 * Deletes the requested containers: each is checked and unmounted, then all are
 * deleted.
 */
async function deleteAll(
  store: Store,
  take: () => readonly DeleteCall[],
  options: Abortable,
): Promise<void> {
  await using trash = openTrash(store);
  using held = await store.lock(WRITE_LOCKS, options);
  const targets = new Map<ContainerId, Agent>();
  const ready: ReadyCall[] = [];
  for (const call of take()) {
    const { agent } = call.request;
    try {
      const found = await findToDelete(call.request, held, targets);
      const records = found.records.filter(({ id }) => !targets.has(id));
      await detachContainers(agent, held, records);
      for (const { id } of records) targets.set(id, agent);
      ready.push({ call, id: found.id, records });
    } catch (error) {
      call.reject(error);
    }
  }
  try {
    await dropDetached(store, held, { targets, trash });
    for (const { call, id } of ready) call.resolve(id);
  } catch {
    // One failure must not fail the others: retry each alone.
    for (const { call, id, records } of ready) {
      const { agent } = call.request;
      try {
        const own = new Map(records.map(({ id }) => [id, agent]));
        await dropDetached(store, held, { targets: own, trash });
        call.resolve(id);
      } catch (error) {
        call.reject(error);
      }
    }
  }
}

interface ReadyCall {
  readonly call: DeleteCall;
  readonly id: ContainerId;
  readonly records: readonly ContainerRecord[];
}

async function findToDelete(
  { agent, idOrName, options, ended }: DeleteRequest,
  held: WriteLocks,
  targets: ReadonlyMap<ContainerId, Agent>,
): Promise<{
  readonly id: ContainerId;
  readonly records: readonly ContainerRecord[];
}> {
  const { containers } = held;
  const isLeft = ({ id }: ContainerRecord) => !targets.has(id);
  if (ended !== undefined) {
    const record = containers.get(ended);
    if (record === undefined || !isLeft(record)) {
      return { id: ended, records: [] };
    }
  }
  const found = containers.get(ended) ?? findContainer(containers, idOrName);
  const record = isLeft(found)
    ? found
    : choose(containers.records.filter(isLeft), idOrName, {
      kind: "container",
    });
  checkOwner(agent.store, record, { verb: "remove" });
  checkInfra(record, options);
  if (options.mounted === "refuse") await checkMounted(agent, record, options);
  const pod = findOwnPod(agent, held, record, isLeft);
  return { id: record.id, records: [record, ...pod] };
}

function checkInfra(
  record: ContainerRecord,
  { infra }: DeleteContainerOptions,
): void {
  const metadata = readMetadata(record);
  if (infra !== "refuse" || metadata?.pod !== true) return;
  throw new InUseError(
    `Cannot remove container "${record.names?.[0] ?? record.id}": it makes ` +
      `up pod "${metadata.podName}"; use "orlop pod rm ${metadata.podName}"`,
    [metadata.podName],
  );
}

/** A mount left by a killed run does not count. */
async function checkMounted(
  agent: Agent,
  record: ContainerRecord,
  { signal }: Abortable,
): Promise<void> {
  const target = mountPoint(agent, record.layer);
  const isMounted = await agent.mounter.isMounted(target, { signal });
  const { state } = await readStatus(agent, record, { isMounted, signal });
  if (state !== "mounted") return;
  throw new InUseError(
    `Cannot remove container "${record.names?.[0] ?? record.id}": it is ` +
      `mounted at "${target}"; stop it first, or use --force`,
    [target],
  );
}
