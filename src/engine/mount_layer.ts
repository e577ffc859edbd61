/**
 * Mounts of layers, counted. The kernel's mount table is the truth: a count
 * without a mount, as after a reboot, is none.
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
  /** Called while it is mounted, unless it was: what needs no mount. */
  readonly meanwhile?: (() => Promise<void>) | undefined;
}

/** A layer to be mounted, and by whom. */
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
 * Mounts layers of one store, each as `mountLayer()` does: they are counted together,
 * and the programs that mount them run at once.
 *
 * @param requests No layer twice.
 * @returns How each has ended, in their order.
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
  // It takes a program, which others need not wait for. What is refused changes
  // nothing, so it comes after the checks.
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

// Each waits for the kernel most of the time.
const MAX_PROGRAMS = 8;
const programs = new Semaphore(MAX_PROGRAMS);

/** Mounts what is counted. Nothing is left of it if that fails. */
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
    // Not to be aborted: it is the way back.
    await mounter.unmount(target, { mode: "lazy" });
    setCount(mounts, { id: layerId, path: target, count: 0 });
    saveLess(mounts);
    throw error;
  }
  log("debug", `mounted layer "${layerId}" at "${target}"`);
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

/** A layer to be unmounted, and by whom. */
export interface UnmountRequest extends UnmountLayerOptions {
  readonly agent: Agent;
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
  const [result] = await unmountLayers(held, [{ agent, ...options }]);
  if (result?.status === "fulfilled") return result.value;
  throw result?.reason;
}

/**
 * Takes away users of layers' mounts in one store, each as `unmountLayer()` does.
 *
 * @param requests No layer twice.
 * @param options What is mounted in the store: from `listStoreMounts()`, if these
 *   locks have been held since.
 * @returns How each has ended, in their order.
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

/** To be saved by the caller. */
function setCount(mounts: Records<MountRecord>, record: MountRecord): void {
  if (record.count === 0 && mounts.get(record.id) === undefined) return;
  mounts.remove(record.id);
  if (record.count > 0) mounts.add(record);
}

/** The first saves the counts of all. */
function saveCount(
  mounts: Records<MountRecord>,
  { request: { layerId: id }, target: path }: Attempt<MountRequest>,
): void {
  try {
    mounts.save(HINT); // a reboot, which unmounts all, makes any count void
  } catch (error) {
    setCount(mounts, { id, path, count: 0 });
    throw error;
  }
}

/** A count without a mount misleads nobody, and room must come from somewhere. */
function saveLess(mounts: Records<MountRecord>): void {
  try {
    mounts.save(HINT);
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

/**
 * As a tool that shuts the store down does: nothing stays mounted. With these
 * locks held nobody else mounts; what somebody has mounted without counting,
 * or counts in another run root, would vanish with the home, so that stays.
 *
 * @param targets The last mounts that are counted, if there are any; they go along.
 * @returns Whether these are not mounted any more.
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
    return false; // they could not be told
  }
  await mounter.unmount(home, { mode: "lazy" });
  // What is older than the home's mount, or below another one, is seen again.
  if (found.length === 1 + targets.length && found[0] === home) return true;
  for (const target of targets) {
    if (await mounter.isMounted(target)) return false;
  }
  return true;
}
