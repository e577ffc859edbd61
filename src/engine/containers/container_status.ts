/** The state of a container: from its process, its mount and its stored state. */

import type { Abortable } from "../../errors/abort.ts";
import { InUseError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { isUnfinished } from "../../store/delete_container.ts";
import type { Agent } from "../agent.ts";
import { ownerOf } from "../container_owner.ts";
import { hasMonitor, waitForMonitor } from "./container_monitor.ts";
import {
  hasRunner,
  type OpenRun,
  openRun,
  type OpenRunOptions,
  tryReadLastRun,
} from "./last_run.ts";
import {
  findRuntimesOf,
  isOwnRuntime,
  type OciRuntime,
  type RuntimeStates,
} from "../runtimes/find_runtime.ts";
import {
  findProcess,
  forget,
  type RuntimeProcess,
} from "../runtimes/oci_runtime.ts";
import { readExit, UNKNOWN_EXIT_CODE } from "./process_exit.ts";

/**
 * The state of a container. `"mounted"`: it was started, and no process runs in it.
 * `"starting"`: its process does not exist yet. `"removing"`: its removal was
 * interrupted. `"storage"`: another tool's, and not mounted.
 */
export type ContainerState =
  | "created"
  | "mounted"
  | "starting"
  | "running"
  | "paused"
  | "exited"
  | "removing"
  | "storage";

/** All of them, in the order of a container's life. */
export const CONTAINER_STATES: readonly ContainerState[] = [
  ...["created", "mounted", "starting", "running"] as const,
  ...["paused", "exited", "removing", "storage"] as const,
];

/** A container's process, or its last one. */
export interface ContainerStatus {
  /** The state; as in podman, where it has it. */
  readonly state: ContainerState;
  /** Undefined if none runs, or it is not known. */
  readonly pid: number | undefined;
  /** RFC 3339; undefined if it was not run by orlop. */
  readonly startedAt: string | undefined;
  /** RFC 3339; undefined if it has not ended, or nobody saw it. */
  readonly finishedAt: string | undefined;
  /**
   * 128 and the signal's number if a signal ended it; undefined if it has not
   * ended, or nobody saw it.
   */
  readonly exitCode: number | undefined;
}

/** What runs in a container now. */
export interface Activity {
  /** Its process. */
  readonly process: RuntimeProcess | undefined;
  /** Whether a process of orlop runs it, and unmounts it afterwards. */
  readonly hasRunner: boolean;
}

/** How to find the state of a container. */
export interface ActivityOptions extends Abortable {
  /** From `listStates()`, if many containers are examined. */
  readonly states?: RuntimeStates | undefined;
}

/** Finds a container's process, and whether orlop runs it. */
export async function findActivity(
  agent: Agent,
  id: ContainerId,
  { signal, states }: ActivityOptions = {},
): Promise<Activity> {
  for (const runtime of findRuntimesOf(agent, id, states)) {
    if (hasEnded(agent, id, runtime)) continue;
    const process = await findProcess(agent, id, { signal, runtime });
    if (process === undefined) continue;
    return { process, hasRunner: hasRunner(agent, id) };
  }
  return { process: undefined, hasRunner: hasRunner(agent, id) };
}

/**
 * An exit recorded by conmon avoids asking the runtime, which also keeps the state
 * of ended processes.
 */
function hasEnded(
  agent: Agent,
  id: ContainerId,
  runtime: OciRuntime,
): boolean {
  if (!isOwnRuntime(agent, runtime)) return false;
  const exit = readExit(agent, id);
  // If conmon lost track of it, it may still run.
  return exit !== undefined && exit.exitCode !== UNKNOWN_EXIT_CODE &&
    !hasMonitor(agent, id);
}

/**
 * Whether a conmon watches a running process of a container: then the runtime need
 * not be asked, which is slow.
 */
export function isSeenRunning(agent: Agent, id: ContainerId): boolean {
  return hasMonitor(agent, id) && readExit(agent, id) === undefined &&
    tryReadLastRun(agent, id)?.startedAt !== undefined;
}

// Of thousands of containers most were only created.
const NO_ACTIVITY: Activity = { process: undefined, hasRunner: false };

/** Reads the state of a container. */
export async function readStatus(
  agent: Agent,
  record: ContainerRecord,
  { isMounted, ...options }: ActivityOptions & { readonly isMounted: boolean },
): Promise<ContainerStatus> {
  const { id } = record;
  const nothing = {
    ...{ pid: undefined, startedAt: undefined },
    ...{ finishedAt: undefined, exitCode: undefined },
  };
  const mounted = isMounted ? "mounted" : undefined;
  if (ownerOf(agent.store, record) !== "orlop") {
    return { ...nothing, state: mounted ?? "storage" };
  }
  let run = tryReadLastRun(agent, id);
  let activity = NO_ACTIVITY;
  if (run !== undefined || options.states?.ids.has(id) !== false) {
    activity = await findActivity(agent, id, options);
    run = tryReadLastRun(agent, id); // it may have ended meanwhile
  }
  const { process, hasRunner } = activity;
  const { startedAt, finishedAt, exitCode } = run ?? nothing;
  if (process !== undefined) {
    const { status, pid } = process;
    return { ...nothing, state: status, pid, startedAt };
  }
  if (isUnfinished(record)) return { ...nothing, state: "removing" };
  if (hasRunner && finishedAt === undefined) {
    return { ...nothing, state: "starting", startedAt };
  }
  if (startedAt === undefined && finishedAt === undefined) {
    // What a run has mounted that was cut short is nobody's.
    const state = run?.wasOpened ? undefined : mounted;
    return { ...nothing, state: state ?? "created" };
  }
  return { ...nothing, state: "exited", startedAt, finishedAt, exitCode };
}

/**
 * Checks that no process runs in a container, or is about to.
 *
 * @throws {InUseError} If one does.
 */
export async function checkIdle(
  agent: Agent,
  { id, names }: Pick<ContainerRecord, "id" | "names">,
  { verb, ...options }: Abortable & { readonly verb: "remove" | "unmount" },
): Promise<void> {
  const { process, hasRunner } = await findActivity(agent, id, options);
  // Its runner unmounts it when its process has ended.
  if (process === undefined && (!hasRunner || verb === "unmount")) {
    // It is ending, or the runtime is about to create its process.
    if (await waitForMonitor(agent, id, options)) return;
  }
  const who = process?.pid === undefined ? "" : ` (process ${process.pid})`;
  const what = process?.status === "paused" ? "is paused" : "is running";
  throw new InUseError(
    `Cannot ${verb} container "${names?.[0] ?? id}": it ${what}${who}; stop ` +
      `it first, or use --force`,
    [id],
  );
}

/**
 * Makes this process the runner of a container, and deletes the runtime's state of
 * its last process. A detached container has no runner with a lock: so its process
 * is checked, too.
 *
 * @throws {InUseError} If something runs in it, or another process is about to.
 */
export async function openIdleRun(
  agent: Agent,
  id: ContainerId,
  { signal, ...options }: Omit<OpenRunOptions, "check"> & Abortable,
): Promise<OpenRun> {
  return await openRun(agent, id, { ...options, check });

  async function check(): Promise<void> {
    const { process } = await findActivity(agent, id, { signal });
    if (process !== undefined) throw stillThere(id, "its process is there");
    await forget(agent, id);
    if (await waitForMonitor(agent, id, { signal })) return;
    throw stillThere(id, "its last process is still being watched");
  }
}

function stillThere(id: ContainerId, why: string): InUseError {
  return new InUseError(`Cannot run container "${id}": ${why}`, [id]);
}
