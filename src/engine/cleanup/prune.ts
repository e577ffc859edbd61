/** Cleans up a store: removes unused objects and leftovers of crashes. */

import type { Abortable } from "../../errors/abort.ts";
import {
  DamagedStoreError,
  StoreBusyError,
} from "../../errors/store_errors.ts";
import { whyOf } from "../../errors/why.ts";
import { isErrno } from "../../fs/errno.ts";
import { isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { lastUseOf, noteUse } from "../../store/image_records.ts";
import { openTrash } from "../../store/layers/trash.ts";
import { isSpaceLow } from "../../store/records/reserve.ts";
import { WRITE_LOCKS, type WriteLocks } from "../../store/records/tables.ts";
import { removeAbandonedLocks } from "../../store/recovery/abandoned_locks.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { isAnyAttached } from "../release_pod.ts";
import { sandboxesDirectory } from "../sandboxes/sandbox_places.ts";
import { carryOut, cutIntoSteps } from "./carry_out_cleanup.ts";
import type { CleanupFacts, DiskSpace } from "./cleanup_facts.ts";
import {
  type CleanupItem,
  type CleanupPlan,
  type CleanupRequest,
  forEachKind,
} from "./cleanup_plan.ts";
import {
  type CleanupStatus,
  readCleanupStatus,
  writeCleanupStatus,
} from "./cleanup_status.ts";
import { sumBytes } from "./own_layers.ts";
import { planCleanup } from "./plan_cleanup.ts";
import { measureDisk, surveyStore } from "./survey_store.ts";

/** How to clean up. */
export interface PruneOptions extends Abortable, CleanupRequest {
  /**
   * `"plan"` only returns the plan; `"remove"` carries it out.
   *
   * @default {"remove"}
   */
  readonly action?: "plan" | "remove" | undefined;
  /**
   * Called with its result, also if it fails.
   *
   * @default {none}
   */
  readonly onStatus?: ((status: CleanupStatus) => void) | undefined;
}

/** The result of a cleanup. */
export interface PruneReport {
  /** What was to be removed, and what was to be kept. */
  readonly plan: CleanupPlan;
  /** The items that were removed; none if it was only planned. */
  readonly removed: readonly CleanupItem[];
  /** Those that could not be removed, and why. */
  readonly failed: readonly FailedItem[];
  /** Leftovers that the system cannot remove, such as mounted ones. */
  readonly stuck: readonly FailedItem[];
  /** Afterwards. */
  readonly disk: DiskSpace;
}

/** An item that could not be removed. */
export interface FailedItem {
  /** The item. */
  readonly item: CleanupItem;
  /** The reason, such as an `Error`. */
  readonly error: unknown;
}

/**
 * Removes unused objects, as `planCleanup()` decides. The locks are held from the
 * plan to the end, so the plan is exactly what is done. The result is kept on disk,
 * for `orlop gc --status`.
 *
 * @param handle From `openAgent()`.
 * @throws {StoreBusyError} If others hold the store for too long.
 * @throws {DamagedStoreError} If the store is inconsistent; nothing was changed.
 * @example
 * ```ts
 * import { openAgent, prune } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * const day = 24 * 3600 * 1000;
 * const { plan } = await prune(agent, { olderThanMs: day, action: "plan" });
 * for (const { name, reason } of plan.kept) console.log(name, reason);
 * const { removed, failed } = await prune(agent, { olderThanMs: day });
 * console.log(removed.length, failed.map(({ error }) => error));
 * ```
 */
export async function prune(
  handle: AgentHandle,
  options: PruneOptions = {},
): Promise<PruneReport> {
  const agent = insideOf(handle);
  if (options.action === "plan") return await cleanUp(agent, options);
  const startMs = performance.now();
  try {
    const report = await cleanUp(agent, options);
    keep(describeReport(report));
    return report;
  } catch (error) {
    const outcome = error instanceof StoreBusyError ? "busy" : "failed";
    const ending = { outcome, message: whyOf(error) } as const;
    // Nothing at all is written into an inconsistent store.
    if (error instanceof DamagedStoreError) tell(ending);
    else keep(ending);
    throw error;
  }

  function keep(ending: Ending): void {
    noteStatus(agent, tell(ending));
  }

  function tell(ending: Ending): CleanupStatus {
    const durationMs = Math.round(performance.now() - startMs);
    const status = makeStatus(agent, { durationMs, ...ending });
    options.onStatus?.(status);
    return status;
  }
}

async function cleanUp(
  agent: Agent,
  options: PruneOptions,
): Promise<PruneReport> {
  const { store } = agent;
  const places = sandboxesDirectory(store.paths);
  const hasSandboxes = isAnyAttached(agent) ||
    listIfDirectory(places).length > 0;
  if (options.action !== "plan" && hasSandboxes) {
    const { releaseAbandoned } = await import("./release_abandoned.ts");
    await releaseAbandoned(agent, options); // CNI plugins run without locks
  }
  const done = await removeAll(agent, options);
  return { ...done, disk: measureDisk(store.paths) };
}

async function removeAll(
  agent: Agent,
  options: PruneOptions,
): Promise<Omit<PruneReport, "disk">> {
  const { store, log } = agent;
  const removed: CleanupItem[] = [];
  const failed: FailedItem[] = [];
  const stuck: FailedItem[] = [];
  await using later = new AsyncDisposableStack(); // when no lock is held
  using held = await store.lock(WRITE_LOCKS, options);
  const measured = (options.containers ?? "none") === "none"
    ? "none"
    : "removable";
  const facts = await surveyStore(agent, held, { ...options, measured });
  const plan = planCleanup(facts, options);
  if (options.action === "plan") return { plan, removed, failed, stuck };
  removeAbandonedLocks(store);
  // Recording uses can wait until there is space again.
  if (!isSpaceLow(store)) noteUses(held, facts);
  if (plan.items.length === 0) return { plan, removed, failed, stuck };
  const trash = later.use(openTrash(store));
  for (const step of cutIntoSteps(plan.items)) {
    options.signal?.throwIfAborted();
    try {
      await carryOut(agent, held, { step, trash });
      removed.push(...step);
    } catch (error) {
      const list = isStuck(step, error) ? stuck : failed;
      list.push(...step.map((item) => ({ item, error })));
    }
  }
  for (const { kind, name, reason } of removed) {
    log("info", `removed ${kind} "${name}": ${reason}`);
  }
  return { plan, removed, failed, stuck };
}

/**
 * A mounted or immutable leftover will stay: a nightly cleanup must not fail each
 * time.
 */
function isStuck(step: readonly CleanupItem[], error: unknown): boolean {
  return step.every(({ kind }) => kind === "leftover") &&
    isErrno(error, "EBUSY", "EPERM", "EROFS");
}

// Long enough that frequent cleanups do not write each time.
const NOTE_AGAIN_MS = 60 * 60 * 1000;

/**
 * Records the use of images by other tools' containers: these tools do not record
 * it.
 */
function noteUses(
  { images }: WriteLocks,
  { containers, now }: CleanupFacts,
): void {
  const used = new Set(
    containers.filter(({ state }) => state === "foreign")
      .map(({ imageId }) => imageId),
  );
  for (const id of used) {
    const image = images.lookUp(id);
    if (image === undefined) continue;
    const noted = Date.parse(lastUseOf(image) ?? "") || 0;
    if (now - noted > NOTE_AGAIN_MS) noteUse(images, image.id);
  }
  images.save();
}

type Ending =
  & Pick<CleanupStatus, "outcome" | "message">
  & Partial<CleanupStatus>;

function describeReport(
  { plan, removed, failed, disk }: PruneReport,
): Ending {
  const [first] = failed;
  const lost = sumBytes(failed.map(({ item }) => item));
  const shortfallBytes = plan.wanted === undefined
    ? 0
    : Math.max(0, plan.wanted - plan.bytes + lost);
  const common = {
    removed: forEachKind((kind) =>
      removed.filter((item) => item.kind === kind).length
    ),
    freedBytes: sumBytes(removed),
    shortfallBytes,
    disk,
  };
  if (first !== undefined) {
    const { kind, name } = first.item;
    const message = `Cannot remove ${kind} "${name}": ${whyOf(first.error)}`;
    return { ...common, outcome: "failed", message };
  }
  if (shortfallBytes === 0) return { ...common, outcome: "done", message: "" };
  const message =
    `Cannot free ${plan.wanted} bytes: everything else is in use, ` +
    `pinned or too young`;
  return { ...common, outcome: "short", message };
}

function makeStatus(
  { store }: Agent,
  ending: Ending & { readonly durationMs: number },
): CleanupStatus {
  const time = new Date().toISOString();
  const lastDone = ending.outcome === "done"
    ? time
    : readCleanupStatus(store.paths)?.lastDone;
  return {
    time,
    removed: forEachKind(() => 0),
    freedBytes: 0,
    shortfallBytes: 0,
    disk: undefined,
    ...ending,
    lastDone,
  };
}

function noteStatus({ store, log }: Agent, status: CleanupStatus): void {
  if (!isThere(store.paths.root)) return;
  try {
    writeCleanupStatus(store.paths, status);
  } catch (error) {
    // A cleanup must not fail because the disk is full.
    log("warn", `Cannot note how the cleanup ended: ${whyOf(error)}`);
  }
}
