/** Does what a cleanup's plan says. */

import { renameSync } from "node:fs";
import { join } from "@std/path";
import { isErrno } from "../fs/errno.ts";
import { randomSuffix } from "../fs/random_name.ts";
import { removeTreeSync } from "../fs/remove_tree.ts";
import { dropContainer } from "../store/delete_container.ts";
import { deleteLayer } from "../store/delete_layer.ts";
import { deleteImage } from "../store/image_store.ts";
import { listLeasedLayers } from "../store/lease.ts";
import type { Staging } from "../store/staging.ts";
import type { HeldLocks } from "../store/tables.ts";
import type { Agent } from "./agent.ts";
import type { CleanupItem } from "./cleanup_plan.ts";
import type { DELETE_LOCKS } from "./delete_container.ts";
import { unmountLayer } from "./mount_layer.ts";

type Held = HeldLocks<typeof DELETE_LOCKS>;

/**
 * Removes one thing.
 *
 * @param trash Takes the files; to be disposed of when no lock is held.
 */
export async function carryOut(
  agent: Agent,
  held: Held,
  { item: { kind, id }, trash }: {
    readonly item: CleanupItem;
    readonly trash: Staging;
  },
): Promise<void> {
  const { store } = agent;
  switch (kind) {
    case "leftover":
      return throwAway(id, trash);
    case "layer":
      return deleteLayer(store, held, { id, trash });
    case "container":
      return await removeContainer(agent, held, { id, trash });
    case "dangling image":
    case "unused image": {
      const image = held.images.get(id);
      if (image === undefined) return;
      const keep = listLeasedLayers(store);
      deleteImage(store, held, { image, trash, keep });
    }
  }
}

async function removeContainer(
  agent: Agent,
  held: Held,
  { id, trash }: { readonly id: string; readonly trash: Staging },
): Promise<void> {
  const layerId = held.containers.get(id)?.layer;
  if (layerId === undefined) return;
  await unmountLayer(agent, held, { layerId, mode: "all" });
  dropContainer(agent.store, held, { id, trash });
}

/** A rename is quick, however much it is; the locks are held. */
function throwAway(path: string, trash: Staging): void {
  try {
    renameSync(path, join(trash.path, `${randomSuffix()}-leftover`));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    if (!isErrno(error, "EXDEV")) throw error;
    removeTreeSync(path); // on another file system, such as the run root's
  }
}
