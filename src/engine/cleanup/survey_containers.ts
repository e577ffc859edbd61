/** Gathers the facts about containers for a cleanup. */

import { join } from "@std/path";
import { statSync } from "node:fs";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { diskUsage } from "../../fs/disk_usage.ts";
import { isErrno } from "../../fs/errno.ts";
import { layerDirectory, runDirectory } from "../../store/paths.ts";
import type { ReadTables } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { ownerOf, readMetadata } from "../container_owner.ts";
import { findActivity, readStatus } from "../containers/container_status.ts";
import { tryReadLastRun } from "../containers/last_run.ts";
import { findMountIn, mountPoint } from "../mounts/mount_points.ts";
import type { ContainerFact } from "./cleanup_facts.ts";

/** Which containers' own layers are measured: that takes a walk. */
export type Measured = "all" | "removable" | "none";

/** Gathers the facts. */
export async function surveyContainers(
  agent: Agent,
  { containers }: Pick<ReadTables, "containers">,
  { mounts, measured }: {
    /** All mount points in the store. */
    readonly mounts: ReadonlySet<string>;
    readonly measured: Measured;
  },
): Promise<readonly ContainerFact[]> {
  const facts: ContainerFact[] = [];
  for (const record of containers.records) {
    const podId = podOf(agent, record);
    const isMounted = mounts.has(mountPoint(agent, record.layer));
    const hasPod = containers.lookUp(podId ?? "") !== undefined;
    const isHeld = findMountIn(agent, record, mounts) !== undefined;
    const isOwned = podId !== undefined && podId !== "";
    const state = isOwned
      ? await findState(agent, record, {
        containers,
        isMounted,
        hasPod,
        isHeld,
      })
      : "foreign";
    const isRemovable = state === "vanished" || state === "stopped";
    const isMeasured = measured === "all" ||
      (measured === "removable" && isRemovable);
    facts.push({
      id: record.id,
      name: record.names?.[0] ?? record.id,
      imageId: record.image,
      layerId: record.layer,
      bytes: isMeasured ? measure(agent, record) : 0,
      lastUsedMs: lastUseOf(agent, record),
      state,
      podId: podId ?? "",
    });
  }
  return facts;
}

/** `""` for another tool's; undefined if unknown. */
function podOf(
  { store }: Agent,
  record: ContainerRecord,
): string | undefined {
  if (ownerOf(store, record) !== "orlop") return "";
  try {
    return readMetadata(record)?.podId;
  } catch {
    return undefined; // of a newer orlop
  }
}

async function findState(
  agent: Agent,
  record: ContainerRecord,
  { containers, isMounted, hasPod, isHeld }: Pick<ReadTables, "containers"> & {
    readonly isMounted: boolean;
    readonly hasPod: boolean;
    /** Whether something else is mounted in it. */
    readonly isHeld: boolean;
  },
): Promise<ContainerFact["state"]> {
  const { id } = record;
  if (isHeld) return "active";
  const run = tryReadLastRun(agent, id);
  // An infra container that was made for one container has its state.
  const owner = containers.lookUp(run?.owner ?? id);
  for (const each of new Set([id, ...owner === undefined ? [] : [owner.id]])) {
    const { process, hasRunner } = await findActivity(agent, each);
    if (process !== undefined || hasRunner) return "active";
  }
  if (run?.removal === "at-end" || owner === undefined) return "vanished";
  const { state } = await readStatus(agent, record, { isMounted });
  if (state === "mounted") return "active";
  return hasPod ? "stopped" : "vanished";
}

/** When it was made, or last started: that writes the bundle config. */
function lastUseOf({ store }: Agent, record: ContainerRecord): number {
  const bundle = join(runDirectory(store.paths, record.id), "config.json");
  const created = Date.parse(record.created) || 0;
  return Math.max(created, modifiedMs(bundle) ?? 0);
}

function measure({ store }: Agent, { layer }: ContainerRecord): number {
  return diskUsage(join(layerDirectory(store.paths, layer), "diff"));
}

/** When a file was last written; undefined if there is none. */
export function modifiedMs(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
