/** Cleans a store up: what nobody needs, and what crashes left. */

import { rmSync } from "node:fs";
import type { Abortable } from "../abort.ts";
import type { ImageRecord, LayerRecord } from "../formats/store_record.ts";
import { diskUsage } from "../fs/disk_usage.ts";
import { deleteLayer, findLayerUsers } from "../store/delete_layer.ts";
import { findOrphans } from "../store/find_orphans.ts";
import { deleteImage, findImageUsers } from "../store/image_store.ts";
import type { Staging } from "../store/staging.ts";
import type { HeldLocks } from "../store/tables.ts";
import type { Agent } from "./agent.ts";

/** One thing to remove: what it is, why, and what that frees. */
export interface PruneItem {
  readonly kind: "leftover" | "layer" | "image";
  /** The path of a leftover, or an ID. */
  readonly id: string;
  readonly reason: string;
  /** In bytes; estimated for layers that are shared within the plan. */
  readonly bytes: number;
}

/** How to clean up. */
export interface PruneOptions extends Abortable {
  /** `"plan"` only tells; `"remove"`, the default, carries the plan out. */
  readonly action?: "plan" | "remove" | undefined;
  /**
   * How old a layer without an image has to be, in milliseconds: younger ones
   * may belong to a pull, of this tool or another. A day is the default.
   */
  readonly minLayerAgeMs?: number | undefined;
}

const LOCKS = {
  layers: "write",
  images: "write",
  containers: "write",
} as const;
// containers/storage calls a layer unused after the same time.
const DEFAULT_MIN_LAYER_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Removes leftovers, layers that belong to nothing, and dangling images (those
 * without a name or a container). The locks are held from the plan to its end,
 * so what is told is what is done.
 *
 * @returns The plan.
 */
export async function prune(
  agent: Agent,
  options: PruneOptions = {},
): Promise<readonly PruneItem[]> {
  const { store } = agent;
  await using trash = store.openStaging();
  using held = await store.lock(LOCKS, options);
  const plan = makePlan(agent, held, options);
  if (options.action === "plan") return plan;
  for (const item of plan) {
    options.signal?.throwIfAborted();
    remove(agent, held, { item, trash });
    agent.log("info", `removed ${item.kind} "${item.id}": ${item.reason}`);
  }
  return plan;
}

function makePlan(
  { store }: Agent,
  held: HeldLocks<typeof LOCKS>,
  options: PruneOptions,
): readonly PruneItem[] {
  const { minLayerAgeMs = DEFAULT_MIN_LAYER_AGE_MS } = options;
  const leftovers = findOrphans(store.paths, held).map((
    { kind, path },
  ): PruneItem => ({
    kind: "leftover",
    id: path,
    reason: `${kind} without a record, left by a crash`,
    bytes: diskUsage(path),
  }));
  const layers = findUnusedLayers(held, Date.now() - minLayerAgeMs).map((
    layer,
  ): PruneItem => ({
    kind: "layer",
    id: layer.id,
    reason: "no image, layer or container uses it",
    bytes: layer["diff-size"] ?? 0,
  }));
  const images = held.images.records
    .filter((image) => isDangling(held, image))
    .map((image): PruneItem => ({
      kind: "image",
      id: image.id,
      reason: "dangling: it has no name, and no container uses it",
      bytes: uniqueBytes(held, image),
    }));
  return [...leftovers, ...layers, ...images];
}

function remove(
  { store }: Agent,
  held: HeldLocks<typeof LOCKS>,
  { item: { kind, id }, trash }: {
    readonly item: PruneItem;
    readonly trash: Staging;
  },
): void {
  switch (kind) {
    case "leftover":
      return rmSync(id, { recursive: true, force: true });
    case "layer":
      return deleteLayer(store, held, { id, trash });
    case "image": {
      const image = held.images.get(id);
      if (image !== undefined) deleteImage(store, held, { image, trash });
      return;
    }
  }
}

function isDangling(
  held: HeldLocks<typeof LOCKS>,
  { id, names = [] }: ImageRecord,
): boolean {
  return names.length === 0 && findImageUsers(held, id).length === 0;
}

/** Chains of unused layers, from the top down, as they have to be deleted. */
function findUnusedLayers(
  held: HeldLocks<typeof LOCKS>,
  before: number,
): readonly LayerRecord[] {
  const unused: LayerRecord[] = [];
  const isOld = ({ created }: LayerRecord) => Date.parse(created) < before;
  let found = true;
  while (found) {
    found = false;
    for (const layer of held.layers.records) {
      if (unused.includes(layer) || !isOld(layer)) continue;
      const users = findLayerUsers(held, layer.id).filter((user) =>
        !unused.some(({ id }) => user === `layer "${id}"`)
      );
      if (users.length > 0) continue;
      unused.push(layer);
      found = true;
    }
  }
  return unused;
}

/** What goes with an image: its layers that nobody else needs. */
function uniqueBytes(
  held: HeldLocks<typeof LOCKS>,
  image: ImageRecord,
): number {
  let bytes = 0;
  let below = `image "${image.id}"`;
  let layer = held.layers.get(image.layer ?? "");
  while (layer !== undefined) {
    const others = findLayerUsers(held, layer.id).filter((u) => u !== below);
    if (others.length > 0) break;
    bytes += layer["diff-size"] ?? 0;
    below = `layer "${layer.id}"`;
    layer = held.layers.get(layer.parent ?? "");
  }
  return bytes;
}
