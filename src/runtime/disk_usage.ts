/** What uses a store's disk, told from its records. */

import { statfsSync } from "node:fs";
import type { Abortable } from "../abort.ts";
import { diskUsage } from "../fs/disk_usage.ts";
import { layerDirectory } from "../store/paths.ts";
import { findOrphans } from "../store/find_orphans.ts";
import type { Agent } from "./agent.ts";
import { layersOf } from "./list_images.ts";

/** What an image takes. */
export interface ImageUsage {
  readonly id: string;
  readonly names: readonly string[];
  /** Of layers that other images use, too; in bytes, as all sizes here. */
  readonly shared: number;
  /** Of layers that are this image's alone. */
  readonly unique: number;
  readonly containers: number;
}

/** What a container's own layer takes. */
export interface ContainerUsage {
  readonly id: string;
  readonly names: readonly string[];
  readonly size: number;
}

/** What a store takes. */
export interface StoreUsage {
  readonly images: readonly ImageUsage[];
  readonly containers: readonly ContainerUsage[];
  /** Of all image layers, each counted once. */
  readonly layerBytes: number;
  /** Of images that no container uses, where no other image shares. */
  readonly reclaimable: number;
  /** Of what crashes left. */
  readonly leftovers: number;
  /** Of the file system. */
  readonly free: number;
  readonly total: number;
}

const LOCKS = { layers: "read", images: "read", containers: "read" } as const;

/** Adds up what is in the store; only writable layers are looked through. */
export async function measureStore(
  agent: Agent,
  options: Abortable = {},
): Promise<StoreUsage> {
  const { paths } = agent.store;
  using held = await agent.store.lock(LOCKS, options);
  const stacks = held.images.records.map((image) => ({
    image,
    layers: layersOf(held.layers, image),
  }));
  const owners = Map.groupBy(
    stacks.flatMap(({ image, layers }) =>
      layers.map((layer) => ({ image, layer }))
    ),
    ({ layer }) => layer,
  );
  const images = stacks.map(({ image, layers }): ImageUsage => {
    const isShared = new Set(
      layers.filter((layer) => (owners.get(layer)?.length ?? 0) > 1),
    );
    return {
      id: image.id,
      names: image.names ?? [],
      shared: sizeOf([...isShared]),
      unique: sizeOf(layers.filter((layer) => !isShared.has(layer))),
      containers: held.containers.records.filter((c) =>
        c.image === image.id
      ).length,
    };
  });
  const { bavail, blocks, bsize } = statfsSync(paths.home);
  return {
    images,
    containers: held.containers.records.map(({ id, names = [], layer }) => ({
      id,
      names,
      size: diskUsage(`${layerDirectory(paths, layer)}/diff`),
    })),
    layerBytes: sizeOf([...owners.keys()]),
    reclaimable: images
      .filter(({ containers }) => containers === 0)
      .reduce((sum, { unique }) => sum + unique, 0),
    leftovers: findOrphans(paths, held)
      .reduce((sum, { path }) => sum + diskUsage(path), 0),
    free: bavail * bsize,
    total: blocks * bsize,
  };
}

function sizeOf(layers: readonly { readonly "diff-size"?: number }[]): number {
  return layers.reduce((sum, layer) => sum + (layer["diff-size"] ?? 0), 0);
}
