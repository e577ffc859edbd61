/**
 * Finds containers that were completed, though their records say that they are being
 * made: those are of a backup. What has such a mark is removed by the next writer.
 */

import { join } from "@std/path";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import type { Libc } from "../../process/libc.ts";
import { isBeingMade } from "../delete_container.ts";
import { layerDirectory, type StorePaths } from "../paths.ts";
import type { TableViews } from "../records/tables.ts";
import { tablePath } from "../records/table_files.ts";
import { holdsOwnFiles, type Inconsistency } from "./find_unnamed.ts";

/** Finds them. */
export function findFalseMarks(
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
