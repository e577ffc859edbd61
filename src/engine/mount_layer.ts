/**
 * Mounts of layers, counted. The kernel's mount table is the truth: a count
 * without a mount, as after a reboot, is none.
 */

import { isAbsolute, join } from "@std/path";
import type { Abortable } from "../errors/abort.ts";
import type { LayerId } from "../formats/storage/store_ids.ts";
import type {
  ContainerRecord,
  LayerRecord,
  MountRecord,
} from "../formats/storage/store_record.ts";
import { isErrno } from "../fs/errno.ts";
import { type OverlayRequest, planOverlay } from "../mount/plan_overlay.ts";
import { prepareOverlay } from "../mount/prepare_overlay.ts";
import { readLower, readShortLower } from "../store/layers/lower_files.ts";
import { demandUsable } from "../store/layers/demand_usable.ts";
import { listChain } from "../store/layers/layer_files.ts";
import { layerDirectory, runDirectory, workDirectory } from "../store/paths.ts";
import { HINT } from "../store/records/record_table.ts";
import type { Records, RecordView } from "../store/records/records.ts";
import type { HeldLocks } from "../store/records/tables.ts";
import type { Agent } from "./agent.ts";
import {
  dropMapped,
  mappedDirectory,
  usersOf,
  withMappedLayers,
} from "./mapped_layers.ts";

/** What has to be locked around a mount, as all tools do. */
export const MOUNT_LOCKS = { storage: "write", layers: "write" } as const;

/** The locks, held. */
export type MountLocks = HeldLocks<typeof MOUNT_LOCKS>;

/** How to mount a layer. */
export interface MountLayerOptions extends Abortable {
  readonly layerId: LayerId;
  readonly access?: OverlayRequest["access"];
  /** Instead of the agent's own mount options. */
  readonly mountOptions?: readonly string[] | undefined;
  /** Instead of the label in the layer's record. */
  readonly label?: string | undefined;
  /** Called with where it is mounted, unless it was: others may use it then. */
  readonly prepare?: ((root: string) => Promise<void>) | undefined;
}

/**
 * Mounts a layer, or counts one more user of its mount.
 *
 * @returns Where it is mounted.
 */
export async function mountLayer(
  agent: Agent,
  held: MountLocks,
  options: MountLayerOptions,
): Promise<string> {
  const { store, mounter } = agent;
  const { layerId } = options;
  using mounts = await store.lockMounts(options);
  const target = mountPoint(agent, layerId);
  const isMounted = await mounter.isMounted(target, options);
  const count = isMounted ? mounts.get(layerId)?.count ?? 0 : 0;
  if (!isMounted) await demandUsable(store.layers, held.layers, layerId);
  // Before there is a mount: other tools pull away one that is not counted,
  // while a count without a mount misleads nobody.
  setCount(mounts, { id: layerId, path: target, count: count + 1 });
  if (isMounted) return target;
  try {
    await mounter.bindPrivate(store.paths.home, options);
    await mountOverlay(agent, held, options);
    await options.prepare?.(target);
  } catch (error) {
    // Not to be aborted: it is the way back.
    await mounter.unmount(target, { mode: "lazy" });
    await dropCount(agent, held, { mounts, layerId });
    throw error;
  }
  agent.log("debug", `mounted layer "${layerId}" at "${target}"`);
  return target;
}

async function mountOverlay(
  agent: Agent,
  held: MountLocks,
  options: MountLayerOptions,
): Promise<void> {
  const request = makeRequest(agent, held, options);
  const { layerId } = options;
  const users = usersOf(held.layers, layerId);
  await prepareOverlay(request);
  const mount = async (lowerHome?: string) =>
    await agent.mounter.mount(planOverlay({ ...request, lowerHome }), options);
  if (users === undefined) await mount();
  else {
    refuseOthers(request);
    await withMappedLayers(agent, { ...options, users }, mount);
  }
}

/** Of other stores nothing is shown to other users. */
function refuseOthers({ lower, layerId }: OverlayRequest): void {
  const other = lower.find((name) => isAbsolute(name));
  if (other === undefined) return;
  throw new TypeError(
    `Cannot mount layer "${layerId}" for other users: "${other}" is in another ` +
      "store",
  );
}

/** How many users an unmount takes away. */
export type UnmountMode = "one" | "all";

/** How to unmount a layer. */
export interface UnmountLayerOptions extends Abortable {
  readonly layerId: LayerId;
  /** `"one"` is the default. */
  readonly mode?: UnmountMode | undefined;
  /** Called before what is mounted is unmounted; a reason not to, if it throws. */
  readonly checkLast?: (() => Promise<void>) | undefined;
}

/**
 * Takes away one user of a layer's mount, and unmounts at the last one. What
 * is not mounted is no error.
 *
 * @returns Whether it is unmounted now.
 */
export async function unmountLayer(
  agent: Agent,
  held: MountLocks,
  options: UnmountLayerOptions,
): Promise<boolean> {
  const { store, mounter } = agent;
  const { layerId } = options;
  using mounts = await store.lockMounts(options);
  const target = mountPoint(agent, layerId);
  const count = mounts.get(layerId)?.count ?? 0;
  const isMounted = await mounter.isMounted(target, options);
  if (isMounted && count > 1 && options.mode !== "all") {
    setCount(mounts, { id: layerId, path: target, count: count - 1 });
    return false;
  }
  if (isMounted) await options.checkLast?.();
  options.signal?.throwIfAborted();
  // Not to be aborted from here on: mount and count go together.
  await dropMapped(agent, layerId);
  if (isMounted) {
    const isLast = mounts.records.every(({ id }) => id === layerId);
    const isGone = isLast && await releaseHome(agent, held, { target });
    if (!isGone) await mounter.unmount(target, { mode: "lazy" });
  }
  await dropCount(agent, held, { mounts, layerId });
  if (isMounted) agent.log("debug", `unmounted layer "${layerId}"`);
  return true;
}

/** Where a layer is mounted, if it is. */
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

/** Finds the mount of a layer, or of one that is on it. */
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

/** What is mounted in a container's directories, beside its root. */
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

function makeRequest(
  { store, mountOptions }: Agent,
  { layers }: MountLocks,
  options: MountLayerOptions,
): OverlayRequest {
  const { layerId } = options;
  return {
    home: store.paths.home,
    layerId,
    lower: readLower(store.paths, layerId),
    shortLower: readShortLower(store.paths, layerId),
    access: options.access ?? "read-write",
    options: options.mountOptions ?? mountOptions,
    label: options.label || layers.get(layerId)?.mountlabel,
  };
}

function setCount(
  mounts: Records<MountRecord>,
  record: MountRecord,
): void {
  mounts.remove(record.id);
  if (record.count > 0) mounts.add(record);
  mounts.save(HINT); // a reboot, which unmounts all, makes any count void
}

/** Of a layer that is not mounted any more. */
async function dropCount(
  agent: Agent,
  held: MountLocks,
  { mounts, layerId }: {
    readonly mounts: Records<MountRecord>;
    readonly layerId: LayerId;
  },
): Promise<void> {
  const path = mountPoint(agent, layerId);
  try {
    setCount(mounts, { id: layerId, path, count: 0 });
  } catch (error) {
    // A count without a mount misleads nobody, and room must come from somewhere.
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
    return;
  }
  if (mounts.records.length === 0) await releaseHome(agent, held);
}

/**
 * As a tool that shuts the store down does: nothing stays mounted. With these
 * locks held nobody else mounts; what somebody has mounted without counting,
 * or counts in another run root, would vanish with the home, so that stays.
 *
 * @param target The last mount that is counted, if there is one; it goes along.
 * @returns Whether it is not mounted any more.
 */
async function releaseHome(
  { store: { paths }, mounter }: Agent,
  { storage }: MountLocks,
  { target }: { readonly target?: string } = {},
): Promise<boolean> {
  const { home } = paths;
  const targets = (await mounter.list(home)).map((entry) => entry.target);
  const isOthers = targets.some((other) => other !== home && other !== target);
  if (isOthers || !targets.includes(home)) return false;
  try {
    storage.writeToken(); // others have to bind it anew
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
    return false; // they could not be told
  }
  await mounter.unmount(home, { mode: "lazy" });
  return target !== undefined && !await mounter.isMounted(target);
}
