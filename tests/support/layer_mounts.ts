/** A store with layers that tests mount and unmount. */

import { join } from "@std/path";
import { readFileSync } from "node:fs";
import type { Agent } from "../../src/engine/agent.ts";
import { MOUNT_LOCKS } from "../../src/engine/mounts/mount_counts.ts";
import {
  mountLayer,
  type MountLayerOptions,
} from "../../src/engine/mounts/mount_layer.ts";
import {
  unmountLayer,
  type UnmountLayerOptions,
} from "../../src/engine/mounts/unmount_layer.ts";
import { idOf, putLayer } from "./images/small_layers.ts";
import { type StoreAgent, storeAgent } from "./store_agent.ts";

/** The layer of `withLayer()`. */
export const layerId = idOf("x");

/** A store with one layer. */
export async function withLayer(): Promise<StoreAgent> {
  const test = storeAgent();
  await putLayer(test.agent.store, "x");
  return test;
}

/** Mounts the layer, or another one. */
export async function mount(
  agent: Agent,
  options: Partial<MountLayerOptions> = {},
): Promise<string> {
  using held = await agent.store.lock(MOUNT_LOCKS);
  return await mountLayer(agent, held, { layerId, ...options });
}

/** Unmounts the layer, or another one. */
export async function unmount(
  agent: Agent,
  options: Partial<UnmountLayerOptions> = {},
): Promise<boolean> {
  using held = await agent.store.lock(MOUNT_LOCKS);
  return await unmountLayer(agent, held, { layerId, ...options });
}

/** The counts of mounts, as saved. */
export function counts({ agent: { store: { paths } } }: StoreAgent): unknown {
  const path = join(paths.runLayers, "mountpoints.json");
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Where something is mounted. */
export function targets({ mounter }: StoreAgent): readonly string[] {
  return mounter.table.map(({ target }) => target);
}
