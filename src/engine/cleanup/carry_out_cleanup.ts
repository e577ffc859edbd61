/** Carries out the plan of a cleanup. */

import { join } from "@std/path";
import { renameSync } from "node:fs";
import { isErrno } from "../../fs/errno.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { deleteImages } from "../../store/delete_image.ts";
import { deleteLayer } from "../../store/layers/delete_layer.ts";
import type { Trash } from "../../store/layers/trash.ts";
import type { WriteLocks } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { removeContainers } from "../containers/remove_containers.ts";
import type { CleanupItem } from "./cleanup_plan.ts";

// The number of images that are removed by one write of records.
const MAX_IMAGES = 50;

/** Cuts a plan into steps: images that follow each other go together. */
export function cutIntoSteps(
  items: readonly CleanupItem[],
): readonly (readonly CleanupItem[])[] {
  const steps: CleanupItem[][] = [];
  for (const item of items) {
    const last = steps.at(-1) ?? [];
    const isNext = isImage(item) && last.every(isImage) && last.length > 0 &&
      last.length < MAX_IMAGES;
    if (isNext) last.push(item);
    else steps.push([item]);
  }
  return steps;
}

/**
 * Carries out a step.
 *
 * @param trash Takes the files; to be disposed of when no lock is held.
 */
export async function carryOut(
  agent: Agent,
  held: WriteLocks,
  { step, trash }: {
    readonly step: readonly CleanupItem[];
    readonly trash: Trash;
  },
): Promise<void> {
  removeImages(agent, held, { items: step.filter(isImage), trash });
  for (const { kind, id } of step) {
    switch (kind) {
      case "leftover":
        throwAway(id, trash);
        break;
      case "layer":
        removeLayer(agent, held, { id, trash });
        break;
      case "container":
        await removeContainer(agent, held, { id, trash });
        break;
      case "dangling image":
      case "unused image": // together, above
        break;
    }
  }
}

function isImage({ kind }: CleanupItem): boolean {
  return kind === "dangling image" || kind === "unused image";
}

function removeImages(
  { store }: Agent,
  held: WriteLocks,
  { items, trash }: {
    readonly items: readonly CleanupItem[];
    readonly trash: Trash;
  },
): void {
  if (items.length === 0) return;
  const images = items.flatMap(({ id }) => held.images.lookUp(id) ?? []);
  const keep = store.leases.list();
  deleteImages(store, held, { images, trash, keep });
}

function removeLayer(
  { store }: Agent,
  held: WriteLocks,
  { id, trash }: { readonly id: string; readonly trash: Trash },
): void {
  const layer = held.layers.lookUp(id);
  if (layer === undefined) return;
  deleteLayer(store, held, { id: layer.id, trash });
}

async function removeContainer(
  agent: Agent,
  held: WriteLocks,
  { id, trash }: { readonly id: string; readonly trash: Trash },
): Promise<void> {
  const container = held.containers.lookUp(id);
  if (container === undefined) return;
  await removeContainers(agent, held, { records: [container], trash });
}

/** The locks are held, so files are only renamed, which is quick. */
function throwAway(path: string, trash: Trash): void {
  if (trash.path === undefined) return removeTreeSync(path);
  try {
    renameSync(path, join(trash.path, `${randomSuffix()}-leftover`));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    if (!isErrno(error, "EXDEV")) throw error;
    removeTreeSync(path); // on another file system, such as the run root's
  }
}
