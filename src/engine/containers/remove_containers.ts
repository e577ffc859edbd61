/** Removes containers under held locks: their mounts, records and files. */

import { InUseError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { deleteContainers } from "../../store/delete_container.ts";
import { noteUse } from "../../store/image_records.ts";
import type { Trash } from "../../store/layers/trash.ts";
import { HINT } from "../../store/records/record_table.ts";
import { isSpaceLow } from "../../store/records/reserve.ts";
import type { WriteLocks } from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { findMountIn, listStoreMounts } from "../mounts/mount_points.ts";
import { unmountLayers } from "../mounts/unmount_layer.ts";
import { isAttached } from "../release_pod.ts";
import { forget } from "../runtimes/oci_runtime.ts";
import { checkIdle } from "./container_status.ts";
import { readMetadata } from "../container_owner.ts";
import { forgetExit } from "./process_exit.ts";

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
      `that are not released; use "orlop pod rm"`,
    [id],
  );
}

/**
 * Removes mounts and runtime state of containers.
 *
 * @throws {InUseError} If something runs in one, or is mounted in one.
 */
export async function detachContainers(
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

/** Removes the records and the files of containers that nothing is mounted in. */
export async function dropDetached(
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
