/** Deletes containers. */

import type { Abortable } from "../../errors/abort.ts";
import { InUseError } from "../../errors/store_errors.ts";
import { InvalidContainerIdError } from "../../errors/not_found_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { dropContainer } from "../../store/delete_container.ts";
import { findContainer } from "../../store/find_container.ts";
import { noteUse } from "../../store/image_store.ts";
import { openTrash, type Trash } from "../../store/layers/trash.ts";
import { isScarce } from "../../store/records/reserve.ts";
import { HINT } from "../../store/records/record_table.ts";
import { WRITE_LOCKS, type WriteLocks } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { checkOwner } from "../container_owner.ts";
import {
  findMountIn,
  listStoreMounts,
  mountPoint,
  unmountLayer,
} from "../mount_layer.ts";
import { checkIdle, readStatus } from "./container_status.ts";
import { endNamed, type EndOptions } from "./end_process.ts";
import { tryReadLastRun } from "./last_run.ts";
import { listMembers, readMetadata } from "./list_containers.ts";
import { forget } from "./oci_runtime.ts";

/** How to delete a container. */
export interface DeleteContainerOptions extends EndOptions {
  /** `"refuse"` leaves one that was started for somebody to look at. */
  readonly mounted?: "unmount" | "refuse" | undefined;
  /** `"refuse"` leaves one that makes up a pod. */
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
  await using trash = openTrash(agent.store);
  using held = await agent.store.lock(WRITE_LOCKS, options);
  const { containers } = held;
  if (ended !== undefined && containers.get(ended) === undefined) return ended;
  const record = containers.get(ended) ?? findContainer(containers, idOrName);
  checkOwner(agent.store, record, { verb });
  check(record);
  if (options.mounted === "refuse") await checkMounted(agent, record, options);
  const pod = findOwnPod(agent, held, record);
  await removeContainers(agent, held, { records: [record, ...pod], trash });
  return record.id;
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

/** What a run that was killed has left mounted is nobody's any more. */
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

/** The infra container of a pod that was made for one container, and is left. */
function findOwnPod(
  agent: Agent,
  { containers }: WriteLocks,
  record: ContainerRecord,
): readonly ContainerRecord[] {
  const podId = readMetadata(record)?.podId ?? "";
  if (podId === record.id) return [];
  const infra = containers.lookUp(podId);
  if (infra === undefined || listMembers(containers, podId).length > 2) {
    return [];
  }
  return tryReadLastRun(agent, infra.id)?.owner === record.id ? [infra] : [];
}

/**
 * Removes orlop's own containers: first all is checked, then they go.
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
  for (const record of records) {
    await checkIdle(agent, record, { verb: "remove" });
  }
  await checkMounts(agent, records);
  for (const record of records) {
    const { id, image, layer } = record;
    await forget(agent, id); // of a process that nobody has seen end
    await unmountLayer(agent, held, { layerId: layer, mode: "all" });
    if (!isScarce(agent.store.paths)) {
      noteUse(held.images, image); // until now, that is
      held.images.save(HINT);
    }
    dropContainer(agent.store, held, { id, trash });
    const what = readMetadata(record)?.pod ? "pod sandbox" : "container";
    agent.log("debug", `deleted ${what} "${id}"`);
  }
}

async function checkMounts(
  agent: Agent,
  records: readonly ContainerRecord[],
): Promise<void> {
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
}
