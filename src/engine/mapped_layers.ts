/**
 * Layers of images as the users of a user namespace see them: on the disk their files
 * are root's, for them they are their own root's. The kernel does it: an ID-mapped
 * mount, mount_setattr(2), on which overlayfs can lie since Linux 5.19.
 */

import { dirname, join } from "@std/path";
import type { Abortable } from "../errors/abort.ts";
import { CommandError } from "../errors/store_errors.ts";
import type { LayerId } from "../formats/storage/store_ids.ts";
import type { LayerRecord } from "../formats/storage/store_record.ts";
import {
  readUserMap,
  toHostOwner,
  type UserMap,
} from "../formats/storage/user_map.ts";
import { isThere } from "../fs/if_there.ts";
import { holdUserNamespace } from "../mount/user_namespace.ts";
import { layerDirectory, type StorePaths } from "../store/paths.ts";
import type { Records } from "../store/records/records.ts";
import type { Agent } from "./agent.ts";

const ENTER_BY_OTHERS = 0o001;
// The group is the user namespace's: nobody else of the host gets in.
const LAYER_MODE = 0o710;

/**
 * Whose a layer's files are while those below it are an image's.
 *
 * @returns Undefined if all are as on the disk.
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
  // Other tools copy an image's layers for other users: those are as they are.
  return below && readUserMap(below) ? undefined : users;
}

/** Where a layer sees those below it, while it is being mounted. */
export function mappedDirectory({ store }: Agent, id: LayerId): string {
  return join(layerDirectory(store.paths, id), "mapped");
}

/**
 * Shows the store's layers as some users see them, and lets these reach a layer.
 *
 * @param action Is told where the layers are. What it mounts stays.
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
    // Not to be aborted: it is the way back. The layer's mount holds it.
    await dropMapped(agent, layerId);
  }
}

/** Takes away what a kill may have left; it is no error if there is nothing. */
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
 * A runtime looks for a container's root as its users, to whom nothing on the way
 * belongs. The store's own directories let all pass then, which does not let them
 * read; podman does the same.
 *
 * @throws {CommandError} If a directory above the store does not.
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
