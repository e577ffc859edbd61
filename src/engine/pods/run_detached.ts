/** Runs a container's process under conmon, without a process of orlop. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { LOG_SIZE } from "../../formats/oci/annotations.ts";
import { ensureWorkDirectory } from "../../store/disk_containers.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { deleteContainer } from "../containers/delete_container.ts";
import { startContainer } from "../containers/start_container.ts";
import { unmountContainer } from "./unmount_container.ts";
import {
  createMounted,
  type CreateProcessOptions,
} from "../monitor/create_process.ts";
import { forgetProcess } from "../monitor/forget_process.ts";
import { startProcess } from "../monitor/start_process.ts";
import { tryReadTemplate } from "../parse_stored.ts";
import { unlessGone } from "./unless_gone.ts";

/** How to run a detached container. */
export interface RunDetachedOptions
  extends Abortable, Pick<CreateProcessOptions, "runtime" | "pod" | "removal"> {
  /**
   * Whether attached clients may write to it.
   *
   * @default {"none"}
   */
  readonly stdin?: "none" | "open" | undefined;
  /**
   * The command to run when its process has ended, which calls
   * `cleanUpContainer()`: an absolute path, and arguments.
   *
   * @default {nothing: it stays mounted}
   */
  readonly exitCommand?: readonly string[] | undefined;
}

// The log file, as in podman.
const LOG_FILE = "ctr.log";

/**
 * Mounts a container and starts its process, which runs independently of this one.
 * Its output is logged: see `readLogs()`.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @throws {CommandError} If the runtime cannot start it: with exit code 127 if there
 *   is no such command, 126 if it cannot be executed, else 125.
 * @throws {InUseError} If another process runs it.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, runDetached } from "orlop";
 * async function begin(agent: Agent, id: ContainerId): Promise<void> {
 *   await runDetached(agent, id, { stdin: "open" });
 * }
 * ```
 */
export async function runDetached(
  handle: AgentHandle,
  id: ContainerId,
  options: RunDetachedOptions = {},
): Promise<void> {
  const agent = insideOf(handle);
  const { removal = "never" } = options;
  await using undo = new AsyncDisposableStack();
  if (removal === "at-end") {
    undo.defer(() => unlessGone(deleteContainer(agent, id)));
  }
  const logPath = join(ensureWorkDirectory(agent.store.paths, id), LOG_FILE);
  const logSize = logSizeOf(agent, id);
  await createMounted(agent, id, {
    ...{ ...options, logPath, logSize },
    async mount() {
      await startContainer(agent, id, options);
      undo.defer(() => unlessGone(unmountContainer(agent, id)));
    },
  });
  undo.defer(() => forgetProcess(agent, id));
  await startProcess(agent, id, options);
  undo.move();
}

function logSizeOf(agent: Agent, id: ContainerId): number | undefined {
  const text = tryReadTemplate(agent, id)?.annotations?.[LOG_SIZE] ?? "";
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}
