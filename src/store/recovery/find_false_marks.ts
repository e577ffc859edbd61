/**
 * Finds containers and layers that were completed, though their records say that they
 * are being made: those are of a backup. What has such a mark is removed by the next
 * writer.
 */

import { join } from "@std/path";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type {
  ContainerRecord,
  ImageRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import type { Libc } from "../../process/libc.ts";
import { isBeingMade } from "../delete_container.ts";
import { isIncomplete } from "../layers/delete_layer.ts";
import { layerDirectory, type StorePaths } from "../paths.ts";
import type { TableViews } from "../records/tables.ts";
import { tablePath } from "../records/table_files.ts";
import { holdsOwnFiles, type Inconsistency } from "./find_unnamed.ts";

/** Finds them. */
export function findFalseMarks(
  paths: StorePaths,
  tables: TableViews,
  options: { readonly libc?: Libc | undefined },
): readonly Inconsistency[] {
  return [
    ...findMarkedLayers(paths, tables),
    ...findMarkedContainers(paths, tables, options),
  ];
}

/**
 * Another tool that wrote last marks the layers of an image that it removes, and
 * after a power cut the image may be back: it removes such layers itself.
 */
function findMarkedLayers(
  paths: StorePaths,
  tables: TableViews,
): readonly Inconsistency[] {
  if (tables.layers.origin === "other") return [];
  return listFalselyMarked(tables.layers.records, tables.images.records)
    .map(({ id, user }) => ({
      path: tablePath(paths, "layers"),
      found: `it says that layer "${id}" is being made, and ${user} needs it`,
    }));
}

/** A layer that is marked incomplete, and what it was completed for. */
export type FalselyMarked = LayerRecord & { readonly user: string };

/** An image, or a layer, is made on complete layers, and removed before these. */
export function listFalselyMarked(
  layers: readonly LayerRecord[],
  images: readonly ImageRecord[],
): readonly FalselyMarked[] {
  const marked = new Map(
    layers.filter(isIncomplete).map((layer) => [layer.id, layer]),
  );
  if (marked.size === 0) return [];
  const found: FalselyMarked[] = [];
  const take = (id: LayerId | undefined, user: string) => {
    const layer = id && marked.get(id);
    if (!layer) return;
    marked.delete(layer.id);
    found.push({ ...layer, user });
    take(layer.parent, user);
  };
  for (const { id, layer, ...image } of images) {
    for (const top of [layer, ...image["mapped-layers"] ?? []]) {
      take(top, `image "${id}"`);
    }
  }
  for (const layer of layers) {
    if (!isIncomplete(layer)) take(layer.parent, `layer "${layer.id}"`);
  }
  return found;
}

function findMarkedContainers(
  paths: StorePaths,
  tables: TableViews,
  { libc }: { readonly libc?: Libc | undefined },
): readonly Inconsistency[] {
  return tables.containers.records.filter(isBeingMade).flatMap((container) => {
    const use = findUse(paths, tables, { container, libc });
    if (use === undefined) return [];
    return [{
      path: tablePath(paths, "containers"),
      found:
        `it says that container "${container.id}" is being made, and it ${use}`,
    }];
  });
}

/** A container that is being made is not mounted, and nobody writes to it. */
function findUse(
  paths: StorePaths,
  { layers }: TableViews,
  { container, libc }: {
    readonly container: ContainerRecord;
    readonly libc: Libc | undefined;
  },
): string | undefined {
  const layer = layers.lookUp(container.layer);
  if (layer === undefined) return undefined;
  if (holdsOwnFiles(paths, layer)) return "has written files";
  const merged = join(layerDirectory(paths, layer.id), "merged");
  return libc?.isMountPoint(merged) ? "is mounted" : undefined;
}
