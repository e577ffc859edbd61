/** Unmounts layers whose last user is gone. */

import type { Abortable } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { HINT } from "../../store/records/record_table.ts";
import type { Agent } from "../agent.ts";
import { Attempt, isGoing, stepAll } from "./attempts.ts";
import { dropMapped } from "./mapped_layers.ts";
import {
  type MountLocks,
  mountPrograms,
  saveLess,
  setCount,
} from "./mount_counts.ts";
import { mountPoint } from "./mount_points.ts";
import { releaseHome } from "./release_home.ts";

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
    using _turn = await mountPrograms.take();
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
