/**
 * Mounts of layers, counted. The kernel's mount table is the truth: a count without
 * a mount, as after a reboot, does not count.
 */

import { type Abortable, settleAll } from "../errors/abort.ts";
import type { LayerId } from "../formats/storage/store_ids.ts";
import type { MountRecord } from "../formats/storage/store_record.ts";
import { isErrno } from "../fs/errno.ts";
import type { OverlayRequest } from "../mount/plan_overlay.ts";
import { requireUsable } from "../store/layers/require_usable.ts";
import { HINT } from "../store/records/record_table.ts";
import type { Records } from "../store/records/records.ts";
import type { HeldLocks } from "../store/records/tables.ts";
import type { Agent } from "./agent.ts";
import { Attempt, isGoing, stepAll } from "./call_group.ts";
import { dropMapped } from "./mapped_layers.ts";
import { mountPoint } from "./mount_points.ts";
import { mountOverlay } from "./mount_overlay.ts";
import { Semaphore } from "./semaphore.ts";

/** The locks for a mount, as in all tools. */
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
  /** Called with the mount point after a new mount, before others can use it. */
  readonly prepare?: ((root: string) => Promise<void>) | undefined;
  /** Called concurrently with a new mount, for work that needs no mount. */
  readonly meanwhile?: (() => Promise<void>) | undefined;
}

/** A layer to be mounted. */
export interface MountRequest extends MountLayerOptions {
  readonly agent: Agent;
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
  const [result] = await mountLayers(held, [{ agent, ...options }]);
  if (result?.status === "fulfilled") return result.value;
  throw result?.reason;
}

/**
 * Mounts layers of one store, each as `mountLayer()` does: they are counted
 * together, and the mount programs run concurrently.
 *
 * @param requests Each layer at most once.
 * @returns The results, in the order of the requests.
 */
export async function mountLayers(
  held: MountLocks,
  requests: readonly MountRequest[],
): Promise<readonly PromiseSettledResult<string>[]> {
  const [first] = requests;
  if (first === undefined) return [];
  const { agent: { store, mounter }, agent } = first;
  const { signal } = requests.length === 1 ? first : {};
  using mounts = await store.lockMounts({ signal });
  const tries = requests.map((request) =>
    new Attempt(request, mountPoint(request.agent, request.layerId))
  );
  await stepAll(tries, async (each) => {
    const { mounter } = each.request.agent;
    each.isMounted = await mounter.isMounted(each.target, each.request);
  });
  await stepAll(tries, async ({ request, target, isMounted }) => {
    const { layerId } = request;
    if (!isMounted) await requireUsable(store.layers, held.layers, layerId);
    const count = isMounted ? mounts.get(layerId)?.count ?? 0 : 0;
    setCount(mounts, { id: layerId, path: target, count: count + 1 });
  });
  // Binding the home takes a program, and is done only for a new mount. It comes
  // after the checks, so that a refused request changes nothing.
  const isNew = tries.some((each) => isGoing(each) && !each.isMounted);
  const bound = isNew
    ? mounter.bindPrivate(store.paths.home, { signal })
    : undefined;
  bound?.catch(() => {}); // whoever needs it will hear of it
  // Before there is a mount: other tools pull away one that is not counted,
  // while a count without a mount misleads nobody.
  await stepAll(tries, (each) => saveCount(mounts, each));
  await stepAll(tries, async (each) => {
    if (!each.isMounted) await mountNew(each, { held, mounts, bound });
  });
  await bound?.catch(() => {});
  if (bound && mounts.records.length === 0) await releaseHome(agent, held);
  return tries.map((each) => each.end(each.target));
}

// Mount programs mostly wait for the kernel.
const MAX_PROGRAMS = 8;
const programs = new Semaphore(MAX_PROGRAMS);

/** Mounts a counted layer. A failure leaves nothing. */
async function mountNew(
  { request, target }: Attempt<MountRequest>,
  { held, mounts, bound }: {
    readonly held: MountLocks;
    readonly mounts: Records<MountRecord>;
    readonly bound: Promise<void> | undefined;
  },
): Promise<void> {
  const { agent: { mounter, log }, layerId, signal } = request;
  try {
    await bound;
    using _turn = await programs.take(signal);
    await settleAll([
      mountOverlay(request, held),
      request.meanwhile?.(),
    ]);
    await request.prepare?.(target);
  } catch (error) {
    // Cleanup is not aborted.
    await mounter.unmount(target, { mode: "lazy" });
    setCount(mounts, { id: layerId, path: target, count: 0 });
    saveLess(mounts);
    throw error;
  }
  log("debug", `mounted layer "${layerId}" at "${target}"`);
}

/** How many users an unmount removes. */
export type UnmountMode = "one" | "all";

/** How to unmount a layer. */
export interface UnmountLayerOptions extends Abortable {
  readonly layerId: LayerId;
  /** `"one"` is the default. */
  readonly mode?: UnmountMode | undefined;
  /** Called before the actual unmount; an exception prevents it. */
  readonly checkLast?: (() => Promise<void>) | undefined;
}

/** A layer to be unmounted. */
export interface UnmountRequest extends UnmountLayerOptions {
  readonly agent: Agent;
}

/**
 * Removes one user of a layer's mount, and unmounts with the last one. A layer that
 * is not mounted is no error.
 *
 * @returns Whether it is unmounted now.
 */
export async function unmountLayer(
  agent: Agent,
  held: MountLocks,
  options: UnmountLayerOptions,
): Promise<boolean> {
  const [result] = await unmountLayers(held, [{ agent, ...options }]);
  if (result?.status === "fulfilled") return result.value;
  throw result?.reason;
}

/**
 * Removes users of layers' mounts in one store, each as `unmountLayer()` does.
 *
 * @param requests Each layer at most once.
 * @param options What is mounted in the store: from `listStoreMounts()`, if these
 *   locks have been held since.
 * @returns The results, in the order of the requests.
 */
export async function unmountLayers(
  held: MountLocks,
  requests: readonly UnmountRequest[],
  { found }: { readonly found?: ReadonlySet<string> } = {},
): Promise<readonly PromiseSettledResult<boolean>[]> {
  const [first] = requests;
  if (first === undefined) return [];
  const { agent: { store }, agent } = first;
  const { signal } = requests.length === 1 ? first : {};
  using mounts = await store.lockMounts({ signal });
  const tries = requests.map((request) =>
    new Attempt(request, mountPoint(request.agent, request.layerId))
  );
  await stepAll(tries, async (each) => {
    const { request, target } = each;
    each.isMounted = found?.has(target) ??
      await request.agent.mounter.isMounted(target, request);
    each.isLeft = each.isMounted && request.mode !== "all" &&
      (mounts.get(request.layerId)?.count ?? 0) > 1;
    if (each.isMounted && !each.isLeft) await request.checkLast?.();
    request.signal?.throwIfAborted();
  });
  // Not to be aborted from here on: mount and count go together.
  await stepAll(tries, async ({ request: { agent, layerId }, isLeft }) => {
    if (!isLeft) await dropMapped(agent, layerId);
  });
  const unmounting = tries.filter((each) =>
    isGoing(each) && each.isMounted && !each.isLeft
  );
  const ids = unmounting.map(({ request }) => request.layerId);
  const targets = unmounting.map(({ target }) => target);
  const isLast = mounts.records.every(({ id }) => ids.includes(id));
  const isGone = isLast && targets.length > 0 &&
    await releaseHome(agent, held, { targets });
  await stepAll(isGone ? [] : unmounting, async ({ request, target }) => {
    using _turn = await programs.take();
    await request.agent.mounter.unmount(target, { mode: "lazy" });
  });
  await stepAll(tries, ({ request: { layerId }, target: path, isLeft }) => {
    const count = isLeft ? (mounts.get(layerId)?.count ?? 1) - 1 : 0;
    setCount(mounts, { id: layerId, path, count });
  });
  await stepAll(tries, ({ isLeft }) => {
    if (isLeft) mounts.save(HINT);
    else saveLess(mounts);
  });
  const isBound = targets.length > 0 || found?.has(store.paths.home) !== false;
  if (isBound && mounts.records.length === 0) await releaseHome(agent, held);
  for (const { request: { layerId, agent } } of unmounting.filter(isGoing)) {
    agent.log("debug", `unmounted layer "${layerId}"`);
  }
  return tries.map((each) => each.end(!each.isLeft));
}

/** The caller saves the counts. */
function setCount(mounts: Records<MountRecord>, record: MountRecord): void {
  if (record.count === 0 && mounts.get(record.id) === undefined) return;
  mounts.remove(record.id);
  if (record.count > 0) mounts.add(record);
}

/** The first call saves all counts. */
function saveCount(
  mounts: Records<MountRecord>,
  { request: { layerId: id }, target: path }: Attempt<MountRequest>,
): void {
  try {
    mounts.save(HINT); // a reboot unmounts all, and resets all counts
  } catch (error) {
    setCount(mounts, { id, path, count: 0 });
    throw error;
  }
}

/**
 * On a full disk a lower count need not be saved: a count without a mount is
 * harmless.
 */
function saveLess(mounts: Records<MountRecord>): void {
  try {
    mounts.save(HINT);
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

/**
 * Unmounts the home, as other tools do when they shut the store down. The locks
 * prevent new mounts. Uncounted mounts, or those counted in another run root, would
 * vanish with the home: then it stays.
 *
 * @param targets The last counted mounts, if there are any; they are unmounted with
 * it.
 * @returns Whether these were unmounted.
 */
async function releaseHome(
  { store: { paths }, mounter }: Agent,
  { storage }: MountLocks,
  { targets = [] }: { readonly targets?: readonly string[] } = {},
): Promise<boolean> {
  const { home } = paths;
  const found = (await mounter.list(home)).map(({ target }) => target);
  const isOthers = found.some((other) =>
    other !== home && !targets.includes(other)
  );
  if (isOthers || !found.includes(home)) return false;
  try {
    storage.writeToken(); // others have to bind it anew
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
    return false; // the mounts could not be listed
  }
  await mounter.unmount(home, { mode: "lazy" });
  // Mounts that the home's mount hid become visible again.
  if (found.length === 1 + targets.length && found[0] === home) return true;
  for (const target of targets) {
    if (await mounter.isMounted(target)) return false;
  }
  return true;
}
