/** The records that tables had before their last change. */

import { join } from "@std/path";
import type { StoreRecord } from "../../formats/storage/store_record.ts";
import { readText } from "../../fs/if_there.ts";
import type { StorePaths } from "../paths.ts";
import { backupOf, type TableFiles } from "./record_files.ts";
import {
  describeContainers,
  describeImages,
  describeLayers,
} from "./table_files.ts";
import type { TableViews } from "./tables.ts";

/** The records that each table had before its last change, as far as kept. */
export function peekBackups(
  paths: StorePaths,
): { readonly [K in keyof TableViews]: TableViews[K]["records"] } {
  return {
    layers: readBackup(describeLayers(paths)),
    images: readBackup(describeImages(paths)),
    containers: readBackup(describeContainers(paths)),
  };
}

function readBackup<R extends StoreRecord>(
  { directory, files: [first], parse }: TableFiles<R>,
): readonly R[] {
  try {
    return parse(readText(backupOf(join(directory, first))));
  } catch {
    return []; // no backup, or a damaged one: it proves nothing
  }
}
