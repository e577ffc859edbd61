/** Checks a whole store, and reports what is damaged. */

import type { Abortable } from "../../errors/abort.ts";
import { errnoOf, whyOf } from "../../errors/why.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { layerDirectory } from "../../store/paths.ts";
import type { TableFault } from "../../store/records/record_files.ts";
import { READ_LOCKS } from "../../store/records/tables.ts";
import type { HeldStore } from "../../store/store.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { findLeftovers } from "../cleanup/leftovers.ts";
import { surveyStore } from "../cleanup/survey_store.ts";
import { adviseOnContent, checkObjects } from "./check_objects.ts";
import {
  type CheckDepth,
  type CheckStatus,
  readCheckStatus,
  type VerifiedLayer,
  writeCheckStatus,
} from "./check_status.ts";
import { type CheckedObject, titleOf } from "./checked_object.ts";
import { lookAtStoreMounts } from "./store_mounts.ts";
import {
  type CheckProgress,
  chooseLayers,
  readContent,
} from "./read_content.ts";
import { verifyItems } from "./verify_items.ts";
import { isPartial, isVerifiable } from "./verify_layer.ts";

/** How to check a store. */
export interface CheckOptions extends Abortable {
  /**
   * `"full"` also reads all content.
   *
   * @default {"quick"}
   */
  readonly depth?: CheckDepth | undefined;
  /**
   * How much content to read at most, in bytes per second.
   *
   * @default {Infinity}
   */
  readonly rate?: number | undefined;
  /**
   * After how long to begin no further layer, in milliseconds. The next check
   * begins with those that were not read for longest.
   *
   * @default {Infinity}
   */
  readonly timeLimitMs?: number | undefined;
  /**
   * Called for each layer whose content is about to be read.
   *
   * @default {none}
   */
  readonly onLayer?: ((progress: CheckProgress) => void) | undefined;
}

/** What a check found. */
export interface CheckReport {
  /** All that was looked at. */
  readonly objects: readonly CheckedObject[];
  /** Layers whose content was not read for lack of time. */
  readonly unread: number;
  /**
   * Layers whose content cannot be checked: only parts of them were pulled, and
   * their archive is unknown; 0 unless content was to be read.
   */
  readonly unverifiable: number;
  /** The status that is kept on disk. */
  readonly status: CheckStatus;
}

type Held = HeldStore<typeof READ_LOCKS>;

/**
 * Checks a store. Nothing is changed except the stored status; others may work with
 * the store meanwhile.
 *
 * @param handle From `openAgent()`, best with purpose `"read"`: then damage is
 *   reported, and not thrown as an error.
 * @throws {StoreBusyError} If a lock is held for longer than the time limit.
 * @example
 * ```ts
 * import { type Agent, checkStore } from "orlop";
 * async function scrub(agent: Agent): Promise<readonly string[]> {
 *   const hour = 3_600_000;
 *   const { status } = await checkStore(agent, {
 *     depth: "full",
 *     timeLimitMs: hour,
 *   });
 *   return status.damaged;
 * }
 * ```
 */
export async function checkStore(
  handle: AgentHandle,
  options: CheckOptions = {},
): Promise<CheckReport> {
  return await checkAgain(insideOf(handle), options);
}

/**
 * Checks again: content that was read since, and was intact, is not read again.
 *
 * @param since RFC 3339; if omitted, all is read that the options want.
 */
export async function checkAgain(
  agent: Agent,
  options: CheckOptions,
  since?: string,
): Promise<CheckReport> {
  const startMs = Date.now();
  const { depth = "quick", signal } = options;
  const verified = new Map(readCheckStatus(agent.store.paths)?.verified);
  const { objects, layers, partial } = await lookAtRecords(agent, options);
  for (const id of verified.keys()) {
    if (!layers.some((layer) => layer.id === id)) verified.delete(id);
  }
  const unread = await readContent(agent, {
    ...options,
    layers: chooseLayers(layers, verified, { depth, since }),
    deadlineMs: startMs + (options.timeLimitMs ?? Infinity),
    onVerified: (id, layer) => void verified.set(id, layer),
  });
  const judged = await withContent(agent, objects, { verified, signal });
  const damaged = judged.filter(({ state }) => state === "damaged");
  const status: CheckStatus = {
    time: new Date().toISOString(),
    depth,
    durationMs: Date.now() - startMs,
    checked: judged.length,
    damaged: damaged.flatMap(describe),
    leftovers: judged.filter(({ state }) => state === "leftover").length,
    verified,
  };
  keep(agent, status);
  const unverifiable = depth === "full" ? partial : 0;
  return { objects: judged, unread, unverifiable, status };
}

/** Describes the faults of an object, one sentence each. */
export function describe(object: CheckedObject): readonly string[] {
  const title = `${object.kind} ${titleOf(object)}`;
  return object.faults.map((fault) => `${title}: ${fault}`);
}

async function lookAtRecords(
  agent: Agent,
  { depth, signal }: CheckOptions,
): Promise<{
  readonly objects: readonly CheckedObject[];
  readonly layers: readonly LayerRecord[];
  readonly partial: number;
}> {
  using held = await agent.store.lock(READ_LOCKS, {
    signal,
    purpose: "examine",
  });
  const layers = held.layers.records.filter(isVerifiable);
  const partial = held.layers.records.filter(isPartial).length;
  if (held.faults.length > 0) {
    return { objects: held.faults.map(describeTable), layers, partial };
  }
  return {
    objects: [
      ...(await checkObjects(agent, held))
        .map((object) =>
          depth === "full" ? verifyItems(agent, held, object) : object
        ),
      ...await listLeftovers(agent, held, { signal }),
      ...await listMounts(agent, held, { signal }),
    ],
    layers,
    partial,
  };
}

function describeTable({ path, message }: TableFault): CheckedObject {
  return {
    kind: "table",
    id: path,
    name: "",
    state: "damaged",
    damage: "content",
    faults: [message],
    advice: path.endsWith(".lock")
      ? "Remove what is there, or let it be done: orlop check --repair"
      : "Until it is repaired, orlop changes nothing in this store",
  };
}

async function listLeftovers(
  agent: Agent,
  held: Held,
  options: Abortable,
): Promise<readonly CheckedObject[]> {
  const facts = await surveyStore(agent, held, {
    ...options,
    measured: "none",
  });
  const { removable, kept } = findLeftovers(facts);
  return [
    ...removable.map(({ id, name }) => ({
      ...leftover(id, name),
      advice: "It does no harm; remove it: orlop gc",
    })),
    ...kept.map(({ name, reason }) => ({
      ...leftover(name, ""),
      advice: `${reason}: gc removes it afterwards`,
    })),
  ];
}

function leftover(id: string, name: string): CheckedObject {
  const own = name === id ? "" : name;
  return { kind: "leftover", id, name: own, state: "leftover", faults: [] };
}

async function listMounts(
  agent: Agent,
  { layers }: Held,
  { signal }: Abortable,
): Promise<readonly CheckedObject[]> {
  const { uncounted } = await lookAtStoreMounts(agent, {
    isLayer: (id) => layers.lookUp(id) !== undefined,
    signal,
  });
  return uncounted.map(({ target, isOfLayer }) => ({
    kind: "mount",
    id: target,
    name: "",
    state: "leftover",
    faults: [isOfLayer ? "it is not counted" : "it belongs to no layer"],
    advice: `If it is not needed: umount ${target}`,
  }));
}

/** Adds faults of the content to layers whose files are intact. */
async function withContent(
  agent: Agent,
  objects: readonly CheckedObject[],
  { verified, signal }: Abortable & {
    readonly verified: ReadonlyMap<string, VerifiedLayer>;
  },
): Promise<readonly CheckedObject[]> {
  const isDamaged = ({ kind, id, state }: CheckedObject) =>
    kind === "layer" && state === "ok" &&
    (verified.get(id)?.faults.length ?? 0) > 0;
  if (!objects.some(isDamaged)) return objects;
  using held = await agent.store.lock(READ_LOCKS, {
    signal,
    purpose: "examine",
  });
  return objects.flatMap((object) => {
    if (!isDamaged(object)) return [object];
    const layer = held.layers.lookUp(object.id);
    if (layer === undefined) return [];
    const { paths } = agent.store;
    const place = `${layerDirectory(paths, layer.id)}/diff/`;
    return [{
      ...object,
      state: "damaged" as const,
      damage: "content" as const,
      faults: verified.get(object.id)?.faults.map((f) =>
        f.replace(place, "")
      ) ??
        [],
      advice: adviseOnContent(agent.store, held, layer),
    }];
  });
}

/** Also a read-only store can be checked. */
function keep({ store, log }: Agent, status: CheckStatus): void {
  try {
    writeCheckStatus(store.paths, status);
  } catch (error) {
    if (errnoOf(error) === "") throw error;
    log("warn", `Cannot note what the check found: ${whyOf(error)}`);
  }
}
