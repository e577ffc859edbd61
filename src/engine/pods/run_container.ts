/** Runs a container to its end through an OCI runtime. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere, removeIfThere } from "../../fs/if_there.ts";
import { runInteractive } from "../../process/run_interactive.ts";
import { ensureRunDirectory } from "../../store/disk_containers.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { releasePod } from "../release_pod.ts";
import { findActivity, openIdleRun } from "../containers/container_status.ts";
import { deleteContainer } from "../containers/delete_container.ts";
import type { OpenRun } from "../containers/last_run.ts";
import {
  findRuntime,
  ownRuntime,
  stateFlags,
} from "../runtimes/find_runtime.ts";
import { forget } from "../runtimes/oci_runtime.ts";
import {
  readRuntimeLog,
  runtimeExitCode,
} from "../runtimes/runtime_exit_code.ts";
import { startContainer } from "../containers/start_container.ts";
import { unmountContainer } from "./unmount_container.ts";
import { removePodSandbox } from "./remove_pod_sandbox.ts";
import { keepLastExit } from "./last_exit.ts";
import { unlessGone } from "./unless_gone.ts";

/** How to run a container. */
export interface RunContainerOptions extends Abortable {
  /**
   * The runtime's name or absolute path.
   *
   * @default {runc, else crun}
   */
  readonly runtime?: string | undefined;
  /**
   * The standard input of the container.
   *
   * @default {"null"}
   */
  readonly stdin?: "inherit" | "null" | undefined;
  /**
   * The infra container of a pod that was made for it, and is removed with it.
   *
   * @default {none}
   */
  readonly pod?: ContainerId | undefined;
  /**
   * `"at-end"` removes it afterwards.
   *
   * @default {"never"}
   */
  readonly removal?: "at-end" | "never" | undefined;
}

/**
 * Mounts a container, runs its process with this process's standard streams,
 * waits for its end and unmounts it.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @returns The exit code of the process; 128 and the signal's number if a
 *   signal ended it; 125, 126 or 127 if the runtime could not start it.
 * @throws {CommandError} If there is no runtime.
 * @throws {InUseError} If another process runs it.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, runContainer } from "orlop";
 * async function run(agent: Agent, id: ContainerId): Promise<void> {
 *   const exitCode = await runContainer(agent, id, { removal: "at-end" });
 *   if (exitCode !== 0) throw new Error(`It ended with ${exitCode}`);
 * }
 * ```
 */
export async function runContainer(
  handle: AgentHandle,
  id: ContainerId,
  options: RunContainerOptions = {},
): Promise<number> {
  const agent = insideOf(handle);
  const { removal = "never", pod } = options;
  try {
    using run = await openIdleRun(agent, id, { removal, pod });
    return await runMounted(agent, id, { ...options, run });
  } finally {
    if (pod !== undefined) await releasePod(agent, pod);
    // After the lock is released: a container with a runner is not removed.
    if (removal === "at-end") await remove(agent, id, pod);
  }
}

async function runMounted(
  agent: Agent,
  id: ContainerId,
  options: RunContainerOptions & { readonly run: OpenRun },
): Promise<number> {
  const runtime = ownRuntime(agent, findRuntime(options.runtime));
  await startContainer(agent, id, options);
  try {
    const bundle = ensureRunDirectory(agent.store.paths, id);
    const log = join(bundle, "runtime.log");
    const pidFile = join(bundle, "runtime.pid");
    // The files of an earlier run.
    for (const path of [log, pidFile]) removeIfThere(path);
    options.signal?.throwIfAborted(); // the signal came after the mount
    await options.run.begin();
    const logFlags = ["--log", log, "--log-format", "json"];
    const args = [
      ...stateFlags(runtime),
      ...logFlags,
      ...["run", "--pid-file", pidFile, "--bundle", bundle, id],
    ];
    const ownCode = await runInteractive(runtime.program, args, {
      stdin: options.stdin ?? "null",
      onRepeat: (count) => onRepeat(agent, id, count),
    });
    const code = runtimeExitCode(ownCode, {
      log: readRuntimeLog(log),
      hasStarted: isThere(pidFile),
      onSilence: () => tellOfSilence(agent, runtime.program, ownCode),
    });
    await options.run.end(code);
    return code;
  } finally {
    try {
      // The runtime has no state of a process that it has already deleted.
      await forget(agent, id);
    } finally {
      // The removal also unmounts it, under one lock.
      if (options.removal !== "at-end") {
        await unlessGone(unmountContainer(agent, id));
      }
    }
  }
}

// As in Docker's client: the third signal kills.
const PATIENCE = 3;

/**
 * A hanging runtime does not forward signals, and the first process of a container
 * ignores signals without a handler.
 */
async function onRepeat(
  agent: Agent,
  id: ContainerId,
  count: number,
): Promise<"forward" | "kill"> {
  const { process } = await findActivity(agent, id);
  const isHanging = process === undefined || process.status === "starting";
  if (isHanging || count >= PATIENCE) return "kill";
  agent.log(
    "warn",
    `Container "${id}" has not ended yet; one more signal kills it`,
  );
  return "forward";
}

function tellOfSilence(agent: Agent, program: string, code: number): void {
  agent.log(
    "warn",
    `"${program}" ended with ${code}, and started nothing: is it an OCI runtime?`,
  );
}

/** Not abortable: an interrupted run is cleaned up, too. */
async function remove(
  agent: Agent,
  id: ContainerId,
  pod: ContainerId | undefined,
): Promise<void> {
  keepLastExit(agent, id);
  try {
    await unlessGone(deleteContainer(agent, id));
  } catch (error) {
    await unlessGone(unmountContainer(agent, id));
    throw error;
  }
  // The pod is removed with the container, unless it has another one by now.
  if (pod === undefined || !await isLeft(agent, pod)) return;
  await unlessGone(removePodSandbox(agent, pod));
}

async function isLeft({ store }: Agent, id: ContainerId): Promise<boolean> {
  using held = await store.lock({ containers: "read" });
  return held.containers.get(id) !== undefined;
}
