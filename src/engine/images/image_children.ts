/**
 * Finds images that were built on others: build tools keep intermediate steps as a
 * cache.
 */

import type { ImageConfig } from "../../formats/oci/image_config.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import type { ReadTables } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { layersOf, readConfig } from "./list_images.ts";

/**
 * Finds the images that were built on an image without a name, as podman does: they
 * have all its layers, and their history begins with its history.
 */
export function findChildren(
  agent: Agent,
  { images, layers }: ReadTables,
  image: ImageRecord,
): readonly ImageRecord[] {
  const { layer: top } = image;
  if (top === undefined || (image.names ?? []).length > 0) return [];
  const parent = tryReadConfig(agent, image);
  return images.records.filter((child) =>
    child.id !== image.id &&
    layersOf(layers, child).some(({ id }) => id === top) &&
    isBuiltOn(tryReadConfig(agent, child), parent, {
      isSameTop: child.layer === top,
    })
  );
}

function isBuiltOn(
  child: ImageConfig | undefined,
  parent: ImageConfig | undefined,
  { isSameTop }: { readonly isSameTop: boolean },
): boolean {
  if (child === undefined || parent === undefined) return !isSameTop;
  const steps = parent.history.map((step) => JSON.stringify(step));
  const isLonger = child.history.length > steps.length || !isSameTop;
  return isLonger &&
    steps.every((step, index) => step === JSON.stringify(child.history[index]));
}

function tryReadConfig(
  agent: Agent,
  image: ImageRecord,
): ImageConfig | undefined {
  try {
    return readConfig(agent, image);
  } catch {
    return undefined; // damaged, or of another kind: no reason to stop
  }
}
