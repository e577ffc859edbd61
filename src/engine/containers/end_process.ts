/** Ends what runs in containers, and sends signals to it. */

import {
  type Abortable,
  linkSignals,
  settleAll,
  sleep,
} from "../../errors/abort.ts";
import { InUseError } from "../../errors/store_errors.ts";
import {
  parseSignal,
  SIGNAL_KILL,
  SIGNAL_TERM,
  signalName,
} from "../../formats/config/signals.ts";
import { STOP_SIGNAL, STOP_TIMEOUT } from "../../formats/oci/annotations.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { findContainer } from "../../store/find_container.ts";
import { WRITE_LOCKS } from "../../store/records/tables.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { checkOwner, type ContainerVerb } from "../container_owner.ts";
import { tryReadTemplate } from "../parse_stored.ts";
import { hasMonitor, waitForMonitor } from "./container_monitor.ts";
import { findActivity } from "./container_status.ts";
import { hasRunner as isRun } from "./last_run.ts";
import {
  forget,
  resume,
  type RuntimeProcess,
  sendSignal,
} from "../runtimes/oci_runtime.ts";
import { readExit } from "./process_exit.ts";

/** What becomes of what runs in a container that is stopped or removed. */
export interface EndOptions extends Abortable {
  /**
   * `"refuse"`: it is a reason to leave the container as it is. `"end"`: its stop
   * signal is sent, and after a while SIGKILL.
   *
   * @default {"refuse"}
   */
  readonly running?: "refuse" | "end" | undefined;
  /**
   * How long after the stop signal, in milliseconds.
   *
   * @default {what the container was created with, or 10_000}
   */
  readonly timeMs?: number | undefined;
}

// What podman waits, too.
const STOP_TIME_MS = 10_000;
// SIGKILL works at once, unless the kernel waits for a disk; then the store has
// to be locked to put the container away, which others may hold.
const PATIENCE_MS = 20_000;
// With the store free, who runs it has nothing to wait for when that has ended.
const RUNNER_MS = 2_000;
const FREE_WITHIN_MS = 1_000;
const POLL_MS = 100;
const QUICK_POLL_MS = 10;

/**
 * Ends a container's process, and waits until nobody works on it. No lock is
 * held meanwhile. If nothing runs, nothing is done.
 *
 * @throws {InUseError} If it does not end.
 */
export async function endProcess(
  agent: Agent,
  id: ContainerId,
  { timeMs = stopTimeOf(agent, id), signal }: EndOptions = {},
): Promise<void> {
  const start = performance.now();
  let stage: "untold" | "told" | "killed" = "untold";
  let found: RuntimeProcess | undefined;
  let seenMs = start;
  for (;;) {
    signal?.throwIfAborted();
    const { process, hasRunner } = await findActivity(agent, id, { signal });
    if (process === undefined && !hasRunner) break;
    found = process ?? found;
    const nowMs = performance.now();
    if (process !== undefined) seenMs = nowMs;
    const waitedMs = nowMs - start;
    if (process !== undefined && waitedMs >= timeMs && stage !== "killed") {
      if (stage === "told") warnOfKill(agent, id, timeMs);
      await tell(process, id, { number: SIGNAL_KILL, signal });
      stage = "killed";
    } else if (process !== undefined && stage === "untold") {
      await tell(process, id, { number: stopSignalOf(agent, id), signal });
      // One that is just being made may not have heard it.
      if (process.status !== "starting") stage = "told";
    }
    const isLate = found !== undefined && nowMs - seenMs >= RUNNER_MS &&
      await isStoreFree(agent, { signal }) && isRun(agent, id);
    if (isLate || waitedMs >= timeMs + PATIENCE_MS) {
      throw stillThere(id, process);
    }
    await waitForNews(agent, id, { signal });
  }
  // It tells how the process ended, when it has written the rest of its output.
  await waitForMonitor(agent, id, { signal });
  // Of one that died by itself, with nobody to put it away.
  await forget(agent, id, found?.runtime);
}

/** Runtimes are asked now and then; conmon's word is on the disk. */
async function waitForNews(
  agent: Agent,
  id: ContainerId,
  options: Abortable,
): Promise<void> {
  const end = performance.now() + POLL_MS;
  const hasNews = () =>
    readExit(agent, id) !== undefined && !hasMonitor(agent, id);
  const wasOld = hasNews();
  do {
    await sleep(QUICK_POLL_MS, options);
  } while (performance.now() < end && (wasOld || !hasNews()));
}

/**
 * Ends what runs in the containers that somebody names, before the store is
 * locked to stop or remove them.
 *
 * @param check What else has to be so before anything is ended.
 * @returns Their IDs: who runs them may have removed them since.
 * @throws {PolicyError} If one is another tool's.
 */
export async function endNamed(
  agent: Agent,
  names: readonly string[],
  { verb, check, ...options }: EndOptions & {
    readonly verb: ContainerVerb;
    readonly check?: (record: ContainerRecord) => void;
  },
): Promise<readonly ContainerId[]> {
  const ids = await resolve(agent, names, { ...options, verb, check });
  // All at once: else the last of a pod would wait for those before it.
  await settleAll(ids.map((id) => endProcess(agent, id, options)));
  return ids;
}

/** Which signal to send. */
export interface KillContainerOptions extends Abortable {
  /** Its number, as in signal(7). */
  readonly number: number;
}

/**
 * Sends a signal to a container's process.
 *
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {Error} If nothing runs in it.
 * @param handle From `openAgent()`.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @param options The signal's number, such as 15 for SIGTERM.
 * @example
 * ```ts
 * import { type Agent, killContainer } from "orlop";
 * async function reload(agent: Agent, name: string): Promise<void> {
 *   await killContainer(agent, name, { number: 1 });
 * }
 * ```
 */
export async function killContainer(
  handle: AgentHandle,
  idOrName: string,
  options: KillContainerOptions,
): Promise<void> {
  const { number, signal } = options;
  const agent = insideOf(handle);
  const verb = "kill";
  for (const id of await resolve(agent, [idOrName], { verb, signal })) {
    const { process } = await findActivity(agent, id, { signal });
    if (process === undefined) {
      throw new Error(
        `Cannot kill container "${idOrName}": nothing runs in it`,
      );
    }
    await tell(process, id, { number, signal });
  }
}

/** Whether nobody keeps others from putting a container away. */
async function isStoreFree(
  { store }: Agent,
  { signal }: Abortable,
): Promise<boolean> {
  const timeout = AbortSignal.timeout(FREE_WITHIN_MS);
  try {
    using _held = await store.lock(WRITE_LOCKS, {
      signal: linkSignals(signal, timeout),
    });
    return true;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}

/** Signals wait while a container is paused: so it goes on, if it is to end. */
async function tell(
  { runtime, status }: RuntimeProcess,
  id: ContainerId,
  options: Abortable & { readonly number: number },
): Promise<void> {
  await sendSignal(runtime, id, options);
  if (status === "paused") await resume(runtime, id, options);
}

async function resolve(
  { store }: Agent,
  names: readonly string[],
  { verb, check, signal }: Abortable & {
    readonly verb: ContainerVerb;
    readonly check?: ((record: ContainerRecord) => void) | undefined;
  },
): Promise<readonly ContainerId[]> {
  using held = await store.lock({ containers: "read" }, { signal });
  return names.map((name) => {
    const record = findContainer(held.containers, name);
    checkOwner(store, record, { verb });
    check?.(record);
    return record.id;
  });
}

/** What ends a container politely: an image may say anything. */
export function stopSignalOf(agent: Agent, id: ContainerId): number {
  return parseSignal(readAnnotation(agent, id, STOP_SIGNAL)) ?? SIGNAL_TERM;
}

/** In milliseconds. */
function stopTimeOf(agent: Agent, id: ContainerId): number {
  const text = readAnnotation(agent, id, STOP_TIMEOUT);
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : STOP_TIME_MS;
}

function readAnnotation(agent: Agent, id: ContainerId, name: string): string {
  return tryReadTemplate(agent, id)?.annotations?.[name] ?? "";
}

function warnOfKill(agent: Agent, id: ContainerId, timeMs: number): void {
  const name = signalName(stopSignalOf(agent, id));
  agent.log(
    "warn",
    `Container "${id}" did not end by ${name} in ${timeMs / 1000} s: it gets ` +
      "SIGKILL",
  );
}

function stillThere(
  id: ContainerId,
  process: RuntimeProcess | undefined,
): InUseError {
  const why = process === undefined
    ? "the orlop that runs it does not put it away; if it was stopped, let it go " +
      "on, or end it with SIGKILL, and try again"
    : process.runtime.program === undefined || process.pid === undefined
    ? `what "${process.runtime.stateRoot}" tells of it cannot be read`
    : `process ${process.pid} does not end; see what it does: ps -p ` +
      process.pid;
  return new InUseError(`Cannot stop container "${id}": ${why}`, [id]);
}
