/** Mounts a layer on those below it, mapped for its users. */

import { isAbsolute } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { type OverlayRequest, planOverlay } from "../../mount/plan_overlay.ts";
import { prepareOverlay } from "../../mount/prepare_overlay.ts";
import { readLower, readShortLower } from "../../store/layers/lower_files.ts";
import type { Records } from "../../store/records/records.ts";
import type { Agent } from "../agent.ts";
import { usersOf, withMappedLayers } from "./mapped_layers.ts";

/** What is to be mounted, and how. */
export interface OverlayOptions extends Abortable {
  readonly agent: Agent;
  readonly layerId: LayerId;
  readonly access?: OverlayRequest["access"];
  /** Instead of the agent's own mount options. */
  readonly mountOptions?: readonly string[] | undefined;
  /** Instead of the label in the layer's record. */
  readonly label?: string | undefined;
}

interface HeldLayers {
  readonly layers: Records<LayerRecord>;
}

/** Mounts a layer that is not mounted, in a home that is bound. */
export async function mountOverlay(
  options: OverlayOptions,
  held: HeldLayers,
): Promise<void> {
  const request = makeRequest(options, held);
  const { agent, layerId, signal } = options;
  const users = usersOf(held.layers, layerId);
  prepareOverlay(request, agent.store.libc);
  const mount = async (lowerHome?: string) => {
    const plan = planOverlay({ ...request, lowerHome });
    await agent.mounter.mount(plan, { signal });
  };
  if (users === undefined) await mount();
  else {
    refuseOthers(request);
    await withMappedLayers(agent, { layerId, users, signal }, mount);
  }
}

/** Layers of other stores cannot be mapped. */
function refuseOthers({ lower, layerId }: OverlayRequest): void {
  const other = lower.find((name) => isAbsolute(name));
  if (other === undefined) return;
  throw new TypeError(
    `Cannot mount layer "${layerId}" for other users: "${other}" is in another ` +
      "store",
  );
}

function makeRequest(
  { agent: { store, mountOptions }, layerId, ...options }: OverlayOptions,
  { layers }: HeldLayers,
): OverlayRequest {
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
