/**
 * Layers of images for user namespaces: on the disk their files belong to root, in
 * the namespace to its own root. This takes an ID-mapped mount, mount_setattr(2),
 * on which overlayfs can be mounted since Linux 5.19.
 */

import { dirname, join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import {
  readUserMap,
  toHostOwner,
  type UserMap,
} from "../../formats/storage/user_map.ts";
import { isThere } from "../../fs/if_there.ts";
import { holdUserNamespace } from "../../mount/user_namespace.ts";
import { layerDirectory, type StorePaths } from "../../store/paths.ts";
import type { Records } from "../../store/records/records.ts";
import type { Agent } from "../agent.ts";

const ENTER_BY_OTHERS = 0o001;
// The group is root of the user namespace: other users of the host have no access.
const LAYER_MODE = 0o710;

/**
 * The users who own a layer's files, if those below it are an image's.
 *
 * @returns Undefined if all owners are as on the disk.
 * @throws {SyntaxError} If its record cannot be used.
 */
export function usersOf(
  layers: Pick<Records<LayerRecord>, "get">,
  id: LayerId,
): UserMap | undefined {
  const layer = layers.get(id);
  const users = layer && readUserMap(layer);
  if (layer === undefined || users === undefined) return undefined;
  const below = layers.get(layer.parent);
  // Other tools copy an image's layers for other users: these need no mapping.
  return below && readUserMap(below) ? undefined : users;
}

/** Where the layers below a layer are mapped, while it is being mounted. */
export function mappedDirectory({ store }: Agent, id: LayerId): string {
  return join(layerDirectory(store.paths, id), "mapped");
}

/**
 * Mounts the store's layers for mapped users, and gives these access to a layer.
 *
 * @param action Receives the directory of the mapped layers. Its mounts stay.
 * @throws {CommandError} If the kernel, or the store's file system, cannot.
 */
export async function withMappedLayers(
  agent: Agent,
  { layerId, users, signal }: Abortable & {
    readonly layerId: LayerId;
    readonly users: UserMap;
  },
  action: (home: string) => Promise<void>,
): Promise<void> {
  const { paths, libc } = agent.store;
  const mounts = libc?.mounts;
  if (mounts === undefined) {
    throw new CommandError(
      `Cannot mount layer "${layerId}" for other users: only the commands that ` +
        "serve or enter containers can",
    );
  }
  const target = mappedDirectory(agent, layerId);
  await dropMapped(agent, layerId);
  await Deno.mkdir(target, { mode: 0o700 });
  openWay(agent, layerId, users);
  try {
    await using held = await holdUserNamespace({ users, mounts, signal });
    const { pid } = held;
    if (!mounts.bindMapped({ source: paths.home, target, pid })) {
      throw new CommandError(
        `Cannot mount layer "${layerId}" for other users: the kernel, or the file ` +
          `system of "${paths.home}", has no ID-mapped mounts`,
      );
    }
    await action(target);
  } finally {
    // Cleanup is not aborted. The layer's mount keeps the mapped layers alive.
    await dropMapped(agent, layerId);
  }
}

/** Removes what a kill may have left; nothing to remove is no error. */
export async function dropMapped(
  agent: Agent,
  layerId: LayerId,
): Promise<void> {
  const target = mappedDirectory(agent, layerId);
  if (!isThere(target, agent.store.libc)) return;
  if (await agent.mounter.isMounted(target)) {
    await agent.mounter.unmount(target, { mode: "lazy" });
  }
  await Deno.remove(target);
}

/**
 * A runtime opens a container's root as its mapped users, who own no directory
 * above it. So the store's own directories get the search permission for all users,
 * without read permission; podman does the same.
 *
 * @throws {CommandError} If a directory above the store lacks it.
 */
function openWay(
  { store: { paths } }: Agent,
  layerId: LayerId,
  users: UserMap,
): void {
  const own = layerDirectory(paths, layerId);
  Deno.chownSync(own, 0, toHostOwner(users, { uid: 0, gid: 0 }).gid);
  Deno.chmodSync(own, LAYER_MODE);
  for (const path of [paths.home, paths.root]) {
    const mode = modeOf(path);
    if (!letsPass(mode)) Deno.chmodSync(path, mode | ENTER_BY_OTHERS);
  }
  const why = whyNoWay({ root: paths.root });
  if (why === undefined) return;
  throw new CommandError(
    `Cannot mount layer "${layerId}" for other users: ${why}`,
  );
}

/** Why other users cannot reach a store; undefined if they can. */
export function whyNoWay(
  { root }: Pick<StorePaths, "root">,
): string | undefined {
  for (let path = root; path !== dirname(path);) {
    path = dirname(path);
    if (letsPass(modeOf(path))) continue;
    return `they cannot pass "${path}"; use chmod o+x`;
  }
  return undefined;
}

function letsPass(mode: number): boolean {
  return (mode & ENTER_BY_OTHERS) !== 0;
}

function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o7777;
}
