/** Gathers the facts for a cleanup, from records and from the disk. */

import { join } from "@std/path";
import { statfsSync } from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import { diskUsage } from "../../fs/disk_usage.ts";
import { existingPart } from "../../fs/existing_part.ts";
import { lastUseOf } from "../../store/image_records.ts";
import { imageDirectory, type StorePaths } from "../../store/paths.ts";
import { itemBytes, layerBytes } from "../../store/records/sizes.ts";
import type { ReadTables, WantedLocks } from "../../store/records/tables.ts";
import { holdsOwnFiles } from "../../store/recovery/find_unnamed.ts";
import { findOrphans, type Orphan } from "../../store/recovery/find_orphans.ts";
import type { HeldStore } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { findChildren } from "../images/image_children.ts";
import { isPinned } from "../images/pin_image.ts";
import type { LayerFact } from "../layer_users.ts";
import { listStoreMounts, mountPoint } from "../mounts/mount_points.ts";
import { isServed } from "../serving.ts";
import type {
  CleanupFacts,
  DiskSpace,
  ImageFact,
  LeftoverFact,
} from "./cleanup_facts.ts";
import {
  type Measured,
  modifiedMs,
  surveyContainers,
} from "./survey_containers.ts";

/** How to look at a store. */
export interface SurveyOptions extends Abortable {
  readonly measured: Measured;
}

/** What uses the store beside its records. */
interface Holders {
  /** Mount points in the store. */
  readonly mounts: ReadonlySet<string>;
  /** The IDs of layers that pulls have leased. */
  readonly leased: ReadonlySet<string>;
}

/**
 * Gathers the facts.
 *
 * @param held All three locks: nothing may change meanwhile.
 */
export async function surveyStore(
  agent: Agent,
  held: ReadTables & Pick<HeldStore<WantedLocks>, "faults">,
  options: SurveyOptions,
): Promise<CleanupFacts> {
  const { store } = agent;
  const holders: Holders = {
    mounts: await listStoreMounts(agent, options),
    leased: store.leases.list(),
  };
  return {
    now: Date.now(),
    disk: measureDisk(store.paths),
    faults: held.faults.map(({ message }) => message),
    isServed: isServed(store),
    leftovers: findOrphans(store, held).map((o) => toLeftover(o, holders)),
    layers: toLayers(agent, held, holders),
    images: held.images.records.map((image) =>
      toImage(agent, image, { held, ...holders })
    ),
    containers: await surveyContainers(agent, held, { ...holders, ...options }),
  };
}

/** Measures the file system of a store. */
export function measureDisk({ home }: StorePaths): DiskSpace {
  const { bavail, blocks, bsize } = statfsSync(existingPart(home));
  return { free: bavail * bsize, total: blocks * bsize };
}

function toLeftover(
  { kind, path, changedMs, layerId }: Orphan,
  { mounts, leased }: Holders,
): LeftoverFact {
  const mount = [...mounts].find((target) =>
    target === path || target.startsWith(`${path}/`)
  );
  const isLeased = layerId !== undefined && leased.has(layerId);
  const holder = mount === undefined ? undefined : `the mount "${mount}"`;
  return {
    kind,
    path,
    bytes: mount === undefined ? diskUsage(path) : 0,
    changedMs,
    holder: isLeased ? "a pull" : holder,
  };
}

function toLayers(
  agent: Agent,
  { layers, images, containers }: ReadTables,
  holders: Holders,
): readonly LayerFact[] {
  const needed = new Set<string | undefined>([
    ...layers.records.map(({ parent }) => parent),
    ...images.records.flatMap(topsOf),
    ...containers.records.map(({ layer }) => layer),
  ]);
  const { paths } = agent.store;
  return layers.records.map((layer) => ({
    ...toLayer(agent, layer, holders),
    // It has no owner, but a pull could not restore its files.
    hasOwnFiles: !needed.has(layer.id) && holdsOwnFiles(paths, layer),
  }));
}

function toLayer(
  agent: Agent,
  layer: LayerRecord,
  holders: Holders,
): Omit<LayerFact, "hasOwnFiles"> {
  return {
    id: layer.id,
    parent: layer.parent,
    bytes: layerBytes(layer),
    createdMs: Date.parse(layer.created) || 0,
    holder: findHolder(agent, layer.id, holders),
  };
}

function toImage(
  agent: Agent,
  image: ImageRecord,
  { held, ...holders }: Holders & { readonly held: ReadTables },
): ImageFact {
  const tops = topsOf(image);
  const noted = lastUseOf(image);
  return {
    id: image.id,
    names: image.names ?? [],
    tops,
    bytes: itemBytes(image),
    createdMs: Date.parse(image.created) || 0,
    lastUsedMs: (noted && Date.parse(noted)) || whenStored(agent, held, image),
    isNoted: noted !== undefined,
    isPinned: isPinned(agent, image),
    children: findChildren(agent, held, image).map(({ id }) => id),
    holder: tops.map((top) => findHolder(agent, top, holders))
      .find((holder) => holder !== undefined),
  };
}

function topsOf(image: ImageRecord): readonly LayerId[] {
  return [image.layer ?? [], image["mapped-layers"] ?? []].flat();
}

function findHolder(
  agent: Agent,
  layerId: LayerId,
  { mounts, leased }: Holders,
): string | undefined {
  if (leased.has(layerId)) return "a pull";
  const target = mountPoint(agent, layerId);
  return mounts.has(target) ? `the mount "${target}"` : undefined;
}

/** An image's record has its build time; its files have the time of the pull. */
function whenStored(
  { store }: Agent,
  { layers }: ReadTables,
  { id, layer }: ImageRecord,
): number {
  const created = Date.parse(layers.get(layer)?.created ?? "") || 0;
  const written =
    modifiedMs(join(imageDirectory(store.paths, id), "manifest")) ?? 0;
  return Math.max(created, written);
}
