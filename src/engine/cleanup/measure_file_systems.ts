/** Measures the disk usage of images and containers at low cost. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { asInteger, asObject } from "../../formats/json.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { sum } from "../../formats/sum.ts";
import { measureTree, type TreeSize } from "../../fs/measure_tree.ts";
import { layerDirectory } from "../../store/paths.ts";
import { itemBytes, layerBytes } from "../../store/records/sizes.ts";
import { READ_LOCKS } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { readStatusFile, writeStatusFile } from "../status_file.ts";

/** The file system of a store. */
export interface FileSystemUsage {
  /** Where the store is. */
  readonly path: string;
  /** The usage of images; shared layers count once. */
  readonly images: TreeSize;
  /** What containers have written. */
  readonly containers: TreeSize;
}

/**
 * Measures. Containers' layers are walked. Layers of images are measured by their
 * records, and their files are counted only once.
 */
export async function measureFileSystems(
  agent: Agent,
  options: Abortable = {},
): Promise<FileSystemUsage> {
  const listed = await list(agent, options);
  const counts = await countFiles(agent, listed.imageLayers, options);
  const containers: TreeSize[] = [];
  for (const id of listed.containerLayers) {
    containers.push(await measureTree(diffOf(agent, id), options));
  }
  return {
    path: agent.store.paths.root,
    images: { bytes: listed.imageBytes, inodes: sum([...counts.values()]) },
    containers: {
      bytes: sum(containers.map(({ bytes }) => bytes)),
      inodes: sum(containers.map(({ inodes }) => inodes)),
    },
  };
}

interface Listed {
  readonly imageBytes: number;
  readonly imageLayers: readonly LayerId[];
  readonly containerLayers: readonly LayerId[];
}

/** Others may use the store while files are counted. */
async function list({ store }: Agent, options: Abortable): Promise<Listed> {
  using held = await store.lock(READ_LOCKS, options);
  const own = new Set(held.containers.records.map(({ layer }) => layer));
  const layers = held.layers.records.filter(({ id }) => !own.has(id));
  return {
    imageBytes: sum(layers.map(layerBytes)) +
      sum(held.images.records.map(itemBytes)),
    imageLayers: layers.map(({ id }) => id),
    containerLayers: [...own],
  };
}

const COUNTS = "file-counts.json";

/** The counts of layers are cached: they never change. */
async function countFiles(
  agent: Agent,
  layers: readonly LayerId[],
  options: Abortable,
): Promise<ReadonlyMap<LayerId, number>> {
  const { paths } = agent.store;
  const kept = readStatusFile(paths, COUNTS, parseCounts) ?? new Map();
  const counts = new Map<LayerId, number>();
  for (const id of layers) {
    const known: number | undefined = kept.get(id);
    const count = known ??
      (await measureTree(diffOf(agent, id), options)).inodes;
    counts.set(id, count);
  }
  const isSame = counts.size === kept.size &&
    layers.every((id) => kept.has(id));
  if (!isSame) tryToKeep(agent, counts);
  return counts;
}

/** The cache cannot be written in a read-only store. */
function tryToKeep(
  { store, log }: Agent,
  counts: ReadonlyMap<LayerId, number>,
): void {
  try {
    writeStatusFile(store.paths, COUNTS, Object.fromEntries(counts));
  } catch (error) {
    log("debug", `Cannot keep the counts of files: ${error}`);
  }
}

function parseCounts(value: unknown, what: string): Map<string, number> {
  return new Map(
    Object.entries(asObject(value, what))
      .map(([id, count]) => [id, asInteger(count, what)]),
  );
}

function diffOf({ store }: Agent, id: LayerId): string {
  return join(layerDirectory(store.paths, id), "diff");
}
