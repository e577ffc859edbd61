/** Creates containers' processes, each under a conmon that watches it. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isNameThere, removeIfThere } from "../../fs/if_there.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { ensureRunDirectory } from "../../store/disk_containers.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { openIdleRun } from "../containers/container_status.ts";
import { findRuntime, ownRuntime } from "../runtimes/find_runtime.ts";
import { makeExitPlaces } from "../containers/process_exit.ts";
import {
  readRuntimeLog,
  runtimeExitCode,
} from "../runtimes/runtime_exit_code.ts";
import { readBundle } from "../parse_stored.ts";
import { runtimeFlags, startMonitor } from "./conmon.ts";
import { undoProcess } from "./forget_process.ts";
import { readAnswer } from "./monitor_answer.ts";
import { checkLogPath } from "./log_path.ts";
import { MONITOR_PID_FILE } from "./stray_process.ts";

/** How to create a container's process. */
export interface CreateProcessOptions extends Abortable {
  /**
   * The log file for its output, in CRI's format: absolute, in an existing folder.
   *
   * @default {none: only attached clients get it}
   */
  readonly logPath?: string | undefined;
  /**
   * The maximum size of that file in bytes: then it is truncated.
   *
   * @default {no limit}
   */
  readonly logSize?: number | undefined;
  /**
   * Whether it has a terminal.
   *
   * @default {as in the bundle}
   */
  readonly terminal?: boolean | undefined;
  /**
   * Whether attached clients may write to it: `"once"` ends its input when the
   * first one detaches.
   *
   * @default {"none"}
   */
  readonly stdin?: "none" | "open" | "once" | undefined;
  /**
   * The runtime's name or absolute path.
   *
   * @default {runc, else crun}
   */
  readonly runtime?: string | undefined;
  /**
   * Who makes its cgroup.
   *
   * @default {"cgroupfs"}
   */
  readonly cgroupManager?: "cgroupfs" | "systemd" | undefined;
  /**
   * What conmon runs when the process has ended: an absolute path, and arguments.
   *
   * @default {nothing}
   */
  readonly exitCommand?: readonly string[] | undefined;
  /**
   * Whether a cleanup removes the container when it has ended.
   *
   * @default {"never"}
   */
  readonly removal?: "at-end" | "never" | undefined;
  /**
   * The infra container of a pod that was made for it, and is removed with it.
   *
   * @default {none}
   */
  readonly pod?: ContainerId | undefined;
}

const SILENCE = "its runtime failed, and does not say why";

/**
 * Creates the process of a mounted container whose bundle is written; the process
 * waits for `startProcess()`. conmon records its exit, even if orlop has ended.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @returns Its process ID.
 * @throws {TypeError} If its log cannot be written there.
 * @throws {InUseError} If something runs in the container.
 * @throws {CommandError} If the runtime fails: with exit code 127 if there is no
 *   such command, 126 if it cannot be executed, else 125. Nothing is left then.
 * @example
 * ```ts
 * import {
 *   type Agent,
 *   type ContainerId,
 *   createProcess,
 *   readExit,
 *   RuntimeServer,
 *   ImageServer,
 *   startProcess,
 *   watchExits,
 * } from "orlop";
 * async function runToItsEnd(agent: Agent, id: ContainerId): Promise<number> {
 *   const ends = watchExits(agent);
 *   await new RuntimeServer(new ImageServer(agent)).startContainer(id);
 *   await createProcess(agent, id, { logPath: "/var/log/app.log" });
 *   await startProcess(agent, id);
 *   for await (const ended of ends) if (ended === id) break;
 *   return readExit(agent, id)?.exitCode ?? 255;
 * }
 * ```
 */
export async function createProcess(
  handle: AgentHandle,
  id: ContainerId,
  options: CreateProcessOptions = {},
): Promise<number> {
  return await createMounted(insideOf(handle), id, {
    ...options,
    mount: () => Promise.resolve(),
  });
}

/**
 * Mounts a container when it is noted that its process will be run: who is killed
 * in between leaves a mount that is seen to be nobody's. Then as `createProcess()`.
 */
export async function createMounted(
  agent: Agent,
  id: ContainerId,
  { mount, ...options }: CreateProcessOptions & {
    readonly mount: () => Promise<unknown>;
  },
): Promise<number> {
  const { logPath, removal = "never", pod, signal } = options;
  if (logPath !== undefined) checkLogPath(logPath);
  const runtime = findRuntime(options.runtime);
  const noted = { removal, pod, logPath, signal };
  using _run = await openIdleRun(agent, id, noted);
  await mount();
  try {
    return await create(agent, id, { ...options, runtime });
  } catch (error) {
    await undoProcess(agent, id);
    throw error;
  }
}

interface CreateOptions extends CreateProcessOptions {
  readonly runtime: string;
}

async function create(
  agent: Agent,
  id: ContainerId,
  options: CreateOptions,
): Promise<number> {
  const bundle = ensureRunDirectory(agent.store.paths, id);
  const places = makeExitPlaces(agent, id);
  const runtimeLog = join(bundle, "runtime.log");
  const { libc } = agent.store;
  const execs = join(bundle, "exec");
  if (isNameThere(runtimeLog, libc)) removeIfThere(runtimeLog);
  if (isNameThere(execs, libc)) removeTreeSync(execs);
  options.signal?.throwIfAborted();
  const monitor = startMonitor(agent, [
    ...["--cid", id, "--cuuid", id, "--name", id],
    ...["--bundle", bundle, "--full-attach"],
    ...["--container-pidfile", join(bundle, "runtime.pid")],
    ...["--conmon-pidfile", join(bundle, MONITOR_PID_FILE)],
    ...["--persist-dir", places.runDirectory],
    ...["--exit-dir", places.workDirectory],
    ...streamFlags(agent, id, options),
    ...exitFlags(options.exitCommand),
    ...(options.cgroupManager === "systemd" ? ["--systemd-cgroup"] : []),
    ...runtimeFlags(ownRuntime(agent, options.runtime), [
      ...["--log", runtimeLog, "--log-format", "json"],
    ]),
  ], { cwd: places.workDirectory });
  const { pid, message } = await readAnswer(monitor, options);
  if (pid !== undefined) return pid;
  const log = readRuntimeLog(runtimeLog);
  const exitCode = runtimeExitCode(1, { log, hasStarted: false });
  throw new CommandError(
    `Cannot run container "${id}": ${message || SILENCE}`,
    { exitCode },
  );
}

function streamFlags(
  agent: Agent,
  id: ContainerId,
  { logPath, logSize, terminal, stdin = "none" }: CreateProcessOptions,
): readonly string[] {
  const hasTerminal = terminal ?? readBundle(agent, id)?.process?.terminal;
  return [
    ...["--log-path", logPath === undefined ? "none" : `k8s-file:${logPath}`],
    ...(logSize === undefined ? [] : ["--log-size-max", String(logSize)]),
    ...(hasTerminal ? ["--terminal"] : []),
    ...(stdin === "none" ? [] : ["--stdin"]),
    ...(stdin === "open" ? ["--leave-stdin-open"] : []),
  ];
}

function exitFlags(command: readonly string[] = []): readonly string[] {
  const [program, ...args] = command;
  if (program === undefined) return [];
  const flags = args.map((argument) => `--exit-command-arg=${argument}`);
  return ["--exit-command", program, ...flags];
}
