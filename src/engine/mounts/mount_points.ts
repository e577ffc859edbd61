/** Finds the mount points of layers, and other mounts in a store. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type {
  ContainerRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import { listChain } from "../../store/layers/layer_files.ts";
import {
  layerDirectory,
  runDirectory,
  workDirectory,
} from "../../store/paths.ts";
import type { RecordView } from "../../store/records/records.ts";
import type { Agent } from "../agent.ts";
import { mappedDirectory } from "./mapped_layers.ts";

/** The mount point of a layer, whether it is mounted or not. */
export function mountPoint({ store }: Agent, layerId: LayerId): string {
  return join(layerDirectory(store.paths, layerId), "merged");
}

/** All mount points in a store, its own and others'. */
export async function listStoreMounts(
  { store: { paths }, mounter }: Agent,
  options: Abortable = {},
): Promise<ReadonlySet<string>> {
  const entries = [
    ...await mounter.list(paths.root, options),
    ...await mounter.list(paths.runRoot, options),
  ];
  return new Set(entries.map(({ target }) => target));
}

/** Finds a mount of a layer, or of a layer on it. */
export async function findMountedOn(
  agent: Agent,
  layers: Pick<RecordView<LayerRecord>, "lookUp" | "records">,
  { id, signal }: Abortable & { readonly id: LayerId },
): Promise<string | undefined> {
  const mounts = await listStoreMounts(agent, { signal });
  const found = layers.records.find((layer) =>
    mounts.has(mountPoint(agent, layer.id)) &&
    listChain(layers, layer.id).some((below) => below.id === id)
  );
  return found && mountPoint(agent, found.id);
}

/** Finds a mount in a container's directories, except its root. */
export function findMountIn(
  agent: Agent,
  { id, layer }: ContainerRecord,
  mounts: Iterable<string>,
): string | undefined {
  const { paths } = agent.store;
  const roots = [
    layerDirectory(paths, layer),
    workDirectory(paths, id),
    runDirectory(paths, id),
  ];
  const own = [mountPoint(agent, layer), mappedDirectory(agent, layer)];
  for (const target of mounts) {
    const isIn = roots.some((path) => target.startsWith(`${path}/`));
    if (isIn && !own.includes(target)) return target;
  }
  return undefined;
}
