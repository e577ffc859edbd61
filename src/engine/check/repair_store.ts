/**
 * Repairs a store, one object at a time. What can be rebuilt is rebuilt, lost parts
 * of images are fetched again, and anything else stays as it is, unless the user
 * asks to remove it.
 */

import type { Abortable } from "../../errors/abort.ts";
import { NoSpaceError } from "../../errors/image_errors.ts";
import { messageOf } from "../../errors/why.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { removeImage } from "../cleanup/remove_image.ts";
import { deleteContainer } from "../containers/delete_container.ts";
import type { PullOptions } from "../transfer/pull_image.ts";
import {
  checkAgain,
  type CheckOptions,
  type CheckReport,
} from "./check_store.ts";
import type { CheckedObject } from "./checked_object.ts";
import { fetchAgain } from "./fetch_again.ts";
import { type PlannedRepair, planRepair } from "./plan_repair.ts";
import { remakeNames } from "./remake_names.ts";
import { type RestoredLock, restoreLocks } from "./restore_locks.ts";
import { type RestoredTable, restoreTables } from "./restore_tables.ts";

/** How to repair a store. */
export interface RepairOptions extends CheckOptions {
  /**
   * `"plan"` changes nothing.
   *
   * @default {"repair"}
   */
  readonly action?: "plan" | "repair" | undefined;
  /**
   * `"drop"` removes images and containers of orlop that cannot be repaired,
   * containers with what they have written.
   *
   * @default {"keep"}
   */
  readonly lost?: "drop" | "keep" | undefined;
  /**
   * How to fetch what is damaged.
   *
   * @default {as pullImage()}
   */
  readonly pull?: PullOptions | undefined;
  /**
   * Called for each step when it is done, or planned.
   *
   * @default {none}
   */
  readonly onStep?: ((step: RepairStep) => void) | undefined;
}

/** One step of a repair. */
export interface RepairStep {
  /** What it is about. */
  readonly object: CheckedObject;
  /** The action, such as `fetch it again`. */
  readonly does: string;
  /** `"left"`: it cannot be repaired, or only by an option. */
  readonly outcome: "done" | "failed" | "left" | "planned";
  /** Why it failed or is left; empty otherwise. */
  readonly why: string;
}

/** The result of a repair. */
export interface RepairReport {
  /** All steps, in their order. */
  readonly steps: readonly RepairStep[];
  /** What a check finds afterwards; of a plan, what it found before. */
  readonly check: CheckReport;
}

/**
 * Repairs what a check finds.
 *
 * @param handle From `openAgent()`, with purpose `"read"`: otherwise a damaged
 *   table is an error before it can be repaired.
 * @throws {StoreBusyError} If a lock is held for longer than the time limit.
 * @example
 * ```ts
 * import { type Agent, repairStore } from "orlop";
 * async function plan(agent: Agent): Promise<readonly string[]> {
 *   const { steps } = await repairStore(agent, { action: "plan" });
 *   return steps.map(({ object, does }) => `${object.id}: ${does}`);
 * }
 * ```
 */
export async function repairStore(
  handle: AgentHandle,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const agent = insideOf(handle);
  const { action = "repair", onStep } = options;
  const steps: RepairStep[] = [];
  const tell = (step: RepairStep) => {
    steps.push(step);
    onStep?.(step);
  };
  const since = new Date().toISOString();
  let check = await withTables(agent, { ...options, action, since }, tell);
  if (check.objects.some(isBrokenTable)) return { steps, check };
  // Content of layers with wrong names is not read: a second round does that.
  const tried = new Set<string>();
  const keyOf = ({ object: { kind, id }, how }: PlannedRepair) =>
    `${how.kind} ${kind} ${id}`;
  for (;;) {
    const repairs = (await planRepair(agent, check.objects, options))
      .filter((repair) => !tried.has(keyOf(repair)));
    let isChanged = false;
    for (const repair of repairs) {
      options.signal?.throwIfAborted();
      tried.add(keyOf(repair));
      const step = await carryOut(agent, repair, { ...options, action });
      isChanged ||= step.outcome === "done";
      tell(step);
    }
    if (isChanged) check = await checkAgain(agent, options, since);
    else return { steps, check };
  }
}

/** Tables come first: nothing else can be checked against an inconsistent one. */
async function withTables(
  agent: Agent,
  { since, ...options }:
    & RepairOptions
    & Required<Pick<RepairOptions, "action">>
    & { readonly since: string },
  tell: (step: RepairStep) => void,
): Promise<CheckReport> {
  const before = await checkAgain(agent, options);
  const broken = before.objects.filter(isBrokenTable);
  if (broken.length === 0) return before;
  const { action = "repair", signal } = options;
  const locks = restoreLocks(agent, action);
  for (const lock of locks) tell(describeLock(lock, action));
  // Without them no table can be replaced.
  if (locks.some(({ left }) => left !== undefined)) return before;
  const restored = await restoreTables(agent, { action, signal });
  for (const table of restored) {
    const object = broken.find(({ id }) => id === table.path) ??
      tableObject(table);
    tell(describeTable(object, table, action));
  }
  // Another process may have restored them meanwhile.
  const isSame = action === "plan" ||
    locks.length === 0 && restored.length > 0 &&
      restored.every(({ inconsistency }) => inconsistency !== undefined);
  return isSame ? before : await checkAgain(agent, options, since);
}

function describeLock(
  { fault: { path, message }, does, left }: RestoredLock,
  action: "plan" | "repair",
): RepairStep {
  const object = { ...tableObject({ path }), faults: [message] };
  if (left !== undefined) return { object, does, outcome: "left", why: left };
  const outcome = action === "plan" ? "planned" : "done";
  return { object, does, outcome, why: "" };
}

function isBrokenTable({ kind, state }: CheckedObject): boolean {
  return kind === "table" && state === "damaged";
}

function tableObject({ path }: Pick<RestoredTable, "path">): CheckedObject {
  return {
    ...{ kind: "table", id: path, name: "" },
    ...{ state: "damaged", damage: "content", faults: [] },
  };
}

function describeTable(
  object: CheckedObject,
  { fromBackup, fromDisk, inconsistency, kept }: RestoredTable,
  action: "plan" | "repair",
): RepairStep {
  const texts = [
    `${fromBackup.length} records from its backup`,
    `${fromDisk.length} from the disk`,
    ...kept === undefined ? [] : [`the damaged file is now ${kept}`],
  ];
  const does = `restore it: ${texts.join(", ")}`;
  if (inconsistency !== undefined) {
    return { object, does, outcome: "left", why: `still ${inconsistency}` };
  }
  const outcome = action === "plan" ? "planned" : "done";
  return { object, does, outcome, why: "" };
}

async function carryOut(
  agent: Agent,
  { object, does, how }: PlannedRepair,
  { action, lost, pull, signal }: RepairOptions,
): Promise<RepairStep> {
  const isLost = how.kind === "lost";
  if (isLost && (lost !== "drop" || how.drops === undefined)) {
    return { object, does, outcome: "left", why: how.why };
  }
  if (action === "plan") return { object, does, outcome: "planned", why: "" };
  try {
    switch (how.kind) {
      case "names":
        await remakeNames(agent, how.layers, { signal });
        break;
      case "fetch":
        await fetchAgain(agent, how, { ...pull, signal });
        break;
      case "lost":
        await drop(agent, object, { signal });
    }
    return { object, does, outcome: "done", why: "" };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NoSpaceError) throw error;
    return { object, does, outcome: "failed", why: messageOf(error) };
  }
}

async function drop(
  agent: Agent,
  { kind, id }: CheckedObject,
  options: Abortable,
): Promise<void> {
  if (kind === "container") {
    await deleteContainer(agent, id, { ...options, running: "end" });
    return;
  }
  await removeImage(agent, id, { ...options, names: "all", pinned: "remove" });
}
