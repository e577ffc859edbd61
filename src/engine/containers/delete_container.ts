/** Deletes containers. */

import type { Abortable } from "../../errors/abort.ts";
import { InUseError } from "../../errors/store_errors.ts";
import { InvalidContainerIdError } from "../../errors/not_found_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { deleteContainers } from "../../store/delete_container.ts";
import { choose, findContainer } from "../../store/find_container.ts";
import { noteUse } from "../../store/image_records.ts";
import { openTrash, type Trash } from "../../store/layers/trash.ts";
import { isSpaceLow } from "../../store/records/reserve.ts";
import { HINT } from "../../store/records/record_table.ts";
import { WRITE_LOCKS, type WriteLocks } from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { groupByStore, type GroupedCall } from "../call_group.ts";
import { checkOwner } from "../container_owner.ts";
import { unmountLayers } from "../mounts/unmount_layer.ts";
import {
  findMountIn,
  listStoreMounts,
  mountPoint,
} from "../mounts/mount_points.ts";
import { isAnyAttached, isAttached } from "../release_pod.ts";
import { checkIdle, readStatus } from "./container_status.ts";
import { endNamed, type EndOptions } from "./end_process.ts";
import { readMetadata } from "./list_containers.ts";
import { forget } from "../runtimes/oci_runtime.ts";
import { findOwnPod, findWithPod, releaseAmong } from "./own_pod.ts";
import { forgetExit } from "./process_exit.ts";

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

/**
 * Removes orlop's own containers, after all were checked.
 *
 * @param trash Takes the files; to be disposed of when no lock is held.
 * @throws {InUseError} If something runs in one, or is mounted in one.
 */
export async function removeContainers(
  agent: Agent,
  held: WriteLocks,
  { records, trash }: {
    readonly records: readonly ContainerRecord[];
    readonly trash: Trash;
  },
): Promise<void> {
  await detachContainers(agent, held, records);
  const targets = new Map(records.map(({ id }) => [id, agent]));
  await dropDetached(agent.store, held, { targets, trash });
}

/**
 * Resources of a pod outside the store must be released first, as nobody would
 * release them later.
 */
function checkReleased(agent: Agent, { id, names }: ContainerRecord): void {
  if (!isAttached(agent, id)) return;
  throw new InUseError(
    `Cannot remove pod "${names?.[0] ?? id}": it has namespaces or addresses ` +
      `that are not given back; use "orlop pod rm"`,
    [id],
  );
}

/** Removes mounts and runtime state, if no process runs. */
async function detachContainers(
  agent: Agent,
  held: WriteLocks,
  records: readonly ContainerRecord[],
): Promise<void> {
  for (const record of records) {
    checkReleased(agent, record);
    await checkIdle(agent, record, { verb: "remove" });
  }
  const found = await checkMounts(agent, records);
  // The runtime's state of a process whose exit was not recorded.
  for (const { id } of records) await forget(agent, id);
  const requests = records.map(({ layer: layerId }) =>
    ({ agent, layerId, mode: "all" }) as const
  );
  for (const ended of await unmountLayers(held, requests, { found })) {
    if (ended.status === "rejected") throw ended.reason;
  }
}

async function dropDetached(
  store: Store,
  held: WriteLocks,
  { targets, trash }: {
    readonly targets: ReadonlyMap<ContainerId, Agent>;
    readonly trash: Trash;
  },
): Promise<void> {
  const records = [...targets.keys()].flatMap((id) =>
    held.containers.get(id) ?? []
  );
  if (!isSpaceLow(store)) {
    for (const { image } of records) noteUse(held.images, image); // until now
    held.images.save(HINT);
  }
  await deleteContainers(store, held, { ids: [...targets.keys()], trash });
  for (const record of records) {
    const what = readMetadata(record)?.pod ? "pod sandbox" : "container";
    const agent = targets.get(record.id);
    if (agent !== undefined) forgetExit(agent, record.id);
    agent?.log("debug", `deleted ${what} "${record.id}"`);
  }
}

/** @returns All mounts in the store. */
async function checkMounts(
  agent: Agent,
  records: readonly ContainerRecord[],
): Promise<ReadonlySet<string>> {
  const mounts = await listStoreMounts(agent);
  for (const record of records) {
    const found = findMountIn(agent, record, mounts);
    if (found === undefined) continue;
    throw new InUseError(
      `Cannot remove container "${record.names?.[0] ?? record.id}": ` +
        `"${found}" is mounted in its directories; unmount that first`,
      [found],
    );
  }
  return mounts;
}
