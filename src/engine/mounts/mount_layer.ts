/** Mounts layers, and counts their users. */

import { type Abortable, settleAll } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { MountRecord } from "../../formats/storage/store_record.ts";
import type { OverlayRequest } from "../../mount/plan_overlay.ts";
import { requireUsable } from "../../store/layers/require_usable.ts";
import { HINT } from "../../store/records/record_table.ts";
import type { Records } from "../../store/records/records.ts";
import type { Agent } from "../agent.ts";
import { Attempt, isGoing, stepAll } from "./attempts.ts";
import {
  type MountLocks,
  mountPrograms,
  saveLess,
  setCount,
} from "./mount_counts.ts";
import { mountOverlay } from "./mount_overlay.ts";
import { mountPoint } from "./mount_points.ts";
import { releaseHome } from "./release_home.ts";

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
    using _turn = await mountPrograms.take(signal);
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
