/** Facts for cleanup plans: small stores, told by a few words each. */

import type {
  CleanupFacts,
  ContainerFact,
  ImageFact,
  LeftoverFact,
} from "../../src/engine/cleanup/cleanup_facts.ts";
import type { LayerFact } from "../../src/engine/layer_users.ts";

/** When the facts were gathered. */
export const NOW = Date.parse("2026-06-30T12:00:00Z");
/** In milliseconds. */
export const HOUR = 60 * 60 * 1000;
/** In milliseconds. */
export const DAY = 24 * HOUR;

/** Facts of an empty store on a disk of 1000 bytes, 500 of them free. */
export function facts(changes: Partial<CleanupFacts> = {}): CleanupFacts {
  return {
    now: NOW,
    disk: { free: 500, total: 1000 },
    faults: [],
    isServed: false,
    leftovers: [],
    layers: [],
    images: [],
    containers: [],
    ...changes,
  };
}

/** A layer of 10 bytes, made long ago. */
export function layer(
  id: string,
  changes: Partial<LayerFact> = {},
): LayerFact {
  const common = { parent: undefined, bytes: 10, createdMs: 0 };
  const needs = { holder: undefined, hasOwnFiles: false };
  return { id, ...common, ...needs, ...changes };
}

/** An image with one name, used a month ago, on a layer of its own name. */
export function image(
  id: string,
  changes: Partial<ImageFact> = {},
): ImageFact {
  return {
    id,
    names: [`localhost/${id}:1`],
    tops: [`${id}-top`],
    bytes: 1,
    createdMs: NOW - 40 * DAY,
    lastUsedMs: NOW - 30 * DAY,
    isNoted: true,
    isPinned: false,
    children: [],
    holder: undefined,
    ...changes,
  };
}

/** A container of an image, stopped, used a month ago. */
export function container(
  id: string,
  imageId: string,
  changes: Partial<ContainerFact> = {},
): ContainerFact {
  return {
    id,
    name: id,
    imageId,
    layerId: `${id}-layer`,
    bytes: 5,
    lastUsedMs: NOW - 30 * DAY,
    state: "stopped",
    podId: "pod",
    ...changes,
  };
}

/** Something without a record, of 3 bytes. */
export function leftover(
  path: string,
  changes: Partial<LeftoverFact> = {},
): LeftoverFact {
  const common = { bytes: 3, changedMs: undefined, holder: undefined };
  return { kind: "layer", path, ...common, ...changes };
}
