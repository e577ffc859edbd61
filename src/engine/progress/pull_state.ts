/** The progress of a pull, computed from its events. */

import type { PullEvent } from "./pull_event.ts";
import { sum } from "../../formats/sum.ts";

/** A pull so far. */
export interface PullState {
  /** What is pulled; `""` if that is not known yet. */
  readonly name: string;
  /** From the base up; empty before the manifest is known. */
  readonly layers: readonly LayerProgress[];
}

/** A layer so far. */
export interface LayerProgress {
  /** Of the blob. */
  readonly digest: string;
  /** Compressed, in bytes. */
  readonly size: number;
  /** In bytes. */
  readonly received: number;
  /** Its current phase. */
  readonly phase: LayerPhase;
}

/** The phases of a layer, in this order; a present layer skips all. */
export type LayerPhase =
  | "waiting"
  | "downloading"
  | "unpacking"
  | "unpacked"
  | "done"
  | "present";

/** Before the first event. */
export const NO_PULL: PullState = { name: "", layers: [] };

/** Applies an event. */
export function advancePull(state: PullState, event: PullEvent): PullState {
  if (event.kind === "start") return startPull(event);
  const layers = state.layers.map((layer) =>
    layer.digest === event.digest ? advanceLayer(layer, event) : layer
  );
  return { ...state, layers };
}

/** The bytes to fetch, and those fetched. */
export function sumBytes(
  { layers }: PullState,
): { received: number; size: number } {
  const missing = layers.filter(({ phase }) => phase !== "present");
  return {
    received: sum(missing.map(({ received }) => received)),
    size: sum(missing.map(({ size }) => size)),
  };
}

function startPull(event: PullEvent & { kind: "start" }): PullState {
  const layers = event.layers.map((
    { digest, size, present },
  ): LayerProgress => ({
    digest,
    size,
    received: 0,
    phase: present ? "present" : "waiting",
  }));
  return { name: event.name, layers };
}

function advanceLayer(
  layer: LayerProgress,
  event: Exclude<PullEvent, { kind: "start" }>,
): LayerProgress {
  switch (event.kind) {
    case "download": {
      const { received } = event;
      const phase = received < layer.size ? "downloading" : "unpacking";
      return { ...layer, received, phase };
    }
    case "unpacked":
      return { ...layer, received: layer.size, phase: "unpacked" };
    case "committed":
      return { ...layer, received: layer.size, phase: "done" };
    case "retry":
      return { ...layer, phase: "waiting" };
  }
}
