/** Reads the content of layers, as many as the time limit allows. */

import type { Abortable } from "../../errors/abort.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { READ_LOCKS } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { leaseIfWritable } from "../lease_if_writable.ts";
import { copyNonUtf8Files } from "../media/non_utf8_files.ts";
import type { CheckDepth, VerifiedLayer } from "./check_status.ts";
import { createThrottle } from "./throttle.ts";
import {
  verifyLayer,
  type VerifyLayerOptions,
  whyUnreadable,
} from "./verify_layer.ts";

/** How far a full check is. */
export interface CheckProgress {
  /** The layer's ID. */
  readonly id: string;
  /** Its position among those that are to be read, from 1. */
  readonly position: number;
  /** How many there are. */
  readonly count: number;
}

/** How to read layers. */
export interface ReadContentOptions extends Abortable {
  /** The layers, in the order to read them. */
  readonly layers: readonly LayerRecord[];
  /** When to stop beginning layers, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /** How much to read at most, in bytes per second. */
  readonly rate?: number | undefined;
  readonly onVerified: (id: string, layer: VerifiedLayer) => void;
  readonly onLayer?: ((progress: CheckProgress) => void) | undefined;
}

/** Orders layers: damaged ones first, then those whose last read is longest ago. */
export function chooseLayers(
  layers: readonly LayerRecord[],
  verified: ReadonlyMap<string, VerifiedLayer>,
  { depth, since }: {
    readonly depth: CheckDepth;
    /** Skips intact layers that were read since this time; RFC 3339. */
    readonly since?: string | undefined;
  },
): readonly LayerRecord[] {
  const wasDamaged = ({ id }: LayerRecord) =>
    (verified.get(id)?.faults.length ?? 0) > 0;
  const now = new Date().toISOString();
  const timeOf = ({ id }: LayerRecord) => {
    const time = verified.get(id)?.time ?? "";
    return time > now ? "" : time; // the clock was wrong
  };
  if (depth === "quick") return layers.filter(wasDamaged);
  const isDue = (layer: LayerRecord) =>
    since === undefined || wasDamaged(layer) || timeOf(layer) < since;
  return layers.filter(isDue).toSorted((a, b) =>
    Number(wasDamaged(b)) - Number(wasDamaged(a)) ||
    timeOf(a).localeCompare(timeOf(b))
  );
}

/** Reads layers one after the other. @returns How many were skipped. */
export async function readContent(
  agent: Agent,
  { layers, deadlineMs, rate = Infinity, onVerified, onLayer, signal }:
    ReadContentOptions,
): Promise<number> {
  const throttle = createThrottle(rate);
  for (const [index, layer] of layers.entries()) {
    signal?.throwIfAborted();
    if (Date.now() >= deadlineMs) return layers.length - index;
    onLayer?.({ id: layer.id, position: index + 1, count: layers.length });
    const faults = await verifyIfThere(agent, layer, { throttle, signal });
    if (faults === undefined) continue;
    onVerified(layer.id, { time: new Date().toISOString(), faults });
  }
  return 0;
}

/** @returns Its faults; undefined if it was removed meanwhile. */
async function verifyIfThere(
  agent: Agent,
  layer: LayerRecord,
  options: VerifyLayerOptions,
): Promise<readonly string[] | undefined> {
  const { store } = agent;
  using _lease = leaseIfWritable(agent, [layer]);
  const faults = await verify(agent, layer, options);
  if (faults.length === 0) return faults;
  // Other tools do not respect leases: a layer that they removed is no damage.
  using held = await store.lock(READ_LOCKS, { ...options, purpose: "examine" });
  return held.layers.lookUp(layer.id) === undefined ? undefined : faults;
}

async function verify(
  agent: Agent,
  layer: LayerRecord,
  options: VerifyLayerOptions,
): Promise<readonly string[]> {
  try {
    await using odd = await copyNonUtf8Files(agent, layer, options);
    const { copies } = odd;
    return await verifyLayer(agent.store.paths, layer, { ...options, copies });
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    return [whyUnreadable(error, layer)];
  }
}
