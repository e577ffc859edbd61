/** Ends the processes of containers, and sends them signals. */

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

/** How to end the process of a container that is stopped or removed. */
export interface EndOptions extends Abortable {
  /**
   * `"refuse"`: a running process is an error. `"end"`: send its stop signal, and
   * after a while SIGKILL.
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

// As in podman.
const STOP_TIME_MS = 10_000;
// SIGKILL works at once, unless the kernel waits for a disk. Then the runner needs
// the lock of the store, which others may hold, to unmount the container.
const PATIENCE_MS = 20_000;
// If the store is not locked, the runner ends soon after the process.
const RUNNER_MS = 2_000;
const FREE_WITHIN_MS = 1_000;
const POLL_MS = 100;
const QUICK_POLL_MS = 10;

/**
 * Ends a container's process, and waits for its runner and monitor. The caller must
 * hold no lock. Does nothing if no process runs.
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
      // A process that is just being created may miss the signal.
      if (process.status !== "starting") stage = "told";
    }
    const isLate = found !== undefined && nowMs - seenMs >= RUNNER_MS &&
      await isStoreFree(agent, { signal }) && isRun(agent, id);
    if (isLate || waitedMs >= timeMs + PATIENCE_MS) {
      throw stillThere(id, process);
    }
    await waitForExit(agent, id, { signal });
  }
  // conmon records the exit after it has written the rest of the output.
  await waitForMonitor(agent, id, { signal });
  // The state of one that ended by itself without a runner.
  await forget(agent, id, found?.runtime);
}

/**
 * Waits for the exit that conmon records on disk, until the runtime is to be asked
 * again.
 */
async function waitForExit(
  agent: Agent,
  id: ContainerId,
  options: Abortable,
): Promise<void> {
  const end = performance.now() + POLL_MS;
  const hasExited = () =>
    readExit(agent, id) !== undefined && !hasMonitor(agent, id);
  const hadExited = hasExited();
  do {
    await sleep(QUICK_POLL_MS, options);
  } while (performance.now() < end && (hadExited || !hasExited()));
}

/**
 * Ends the processes of the named containers, before the store is locked to stop or
 * remove them.
 *
 * @param check Further checks before anything is ended.
 * @returns Their IDs: their runners may have removed them since.
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
  // Concurrently: otherwise the last of a pod would wait for all others.
  await settleAll(ids.map((id) => endProcess(agent, id, options)));
  return ids;
}

/** Which signal to send. */
export interface KillContainerOptions extends Abortable {
  /** Its number, as in signal(7). */
  readonly number: number;
}

/**
 * Sends a signal to a container's process. One that is paused goes on with SIGKILL and
 * with its stop signal, as it is to end; others wait until it goes on. After SIGKILL,
 * waits for the end of the process, as podman does: it is in use until then.
 *
 * @throws {InUseError} If it does not end by SIGKILL.
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
    if (number === SIGNAL_KILL) {
      await endProcess(agent, id, { timeMs: 0, signal });
    } else if (number === stopSignalOf(agent, id)) {
      await tell(process, id, { number, signal });
    } else {
      await sendSignal(process.runtime, id, { number, signal });
    }
  }
}

/** Whether the runner of a container could lock the store. */
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

/** A paused process does not receive signals: it is resumed before it is ended. */
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

/** The stop signal of a container; the image's value may be malformed. */
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
    ? "the orlop that runs it does not clean it up; if that was paused, resume " +
      "it, or end it with SIGKILL, and try again"
    : process.runtime.program === undefined || process.pid === undefined
    ? `what "${process.runtime.stateRoot}" says about it cannot be read`
    : `process ${process.pid} does not exit; see what it does: ps -p ` +
      process.pid;
  return new InUseError(`Cannot stop container "${id}": ${why}`, [id]);
}
