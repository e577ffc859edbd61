/** Continues the output of containers in a new log. */

import { type Abortable, sleep } from "../../errors/abort.ts";
import { ProcessNotFoundError } from "../../errors/process_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isNameThere, lstatIfThere } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import { runDirectory } from "../../store/paths.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { hasMonitor } from "../containers/container_monitor.ts";
import { orderReopen } from "./control.ts";
import { checkLogPath } from "./log_path.ts";

/** Which log. */
export interface ReopenLogOptions extends Abortable {
  /** The path that was given when the process was created. */
  readonly logPath: string;
}

const POLL_MS = 5;
const PATIENCE_MS = 3_000;
const ATTEMPTS = 3;

/**
 * Lets conmon write to a new file, after the old one was moved away. If it was not
 * moved, nothing is done, as conmon would replace it.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @throws {TypeError} If conmon should not write there.
 * @throws {ProcessNotFoundError} If conmon does not watch the container.
 * @throws {CommandError} If the file cannot be created.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, reopenLog } from "orlop";
 * async function rotate(agent: Agent, id: ContainerId): Promise<void> {
 *   const logPath = "/var/log/app.log";
 *   await Deno.rename(logPath, `${logPath}.1`);
 *   await reopenLog(agent, id, { logPath });
 * }
 * ```
 */
export async function reopenLog(
  handle: AgentHandle,
  id: ContainerId,
  { logPath, signal }: ReopenLogOptions,
): Promise<void> {
  const agent = insideOf(handle);
  // conmon creates the file under this name first. If it failed, conmon would exit,
  // and the container would be unwatched: so the file is created before.
  const temporary = `${logPath}.tmp`;
  for (const path of [logPath, temporary]) checkLogPath(path);
  if (!hasMonitor(agent, id)) throw notWatched(id);
  if ((lstatIfThere(logPath)?.size ?? 0) > 0) return;
  await runCommand(findProgram("touch"), ["--", temporary], { signal });
  const bundle = runDirectory(agent.store.paths, id);
  // conmon loses a command that comes together with another one.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!orderReopen(agent, bundle)) throw notWatched(id);
    const options = { logPath, temporary, signal };
    if (await waitForLog(agent, id, options)) return;
  }
  throw new Error(`Cannot reopen the log "${logPath}": conmon does not do it`);
}

async function waitForLog(
  agent: Agent,
  id: ContainerId,
  { logPath, temporary, signal }: ReopenLogOptions & {
    readonly temporary: string;
  },
): Promise<boolean> {
  const end = performance.now() + PATIENCE_MS;
  const { libc } = agent.store;
  while (isNameThere(temporary, libc) || !isNameThere(logPath, libc)) {
    if (!hasMonitor(agent, id)) throw notWatched(id);
    if (performance.now() > end) return false;
    await sleep(POLL_MS, { signal });
  }
  return true;
}

function notWatched(id: ContainerId): ProcessNotFoundError {
  return new ProcessNotFoundError(
    `Cannot reopen the log of container "${id}": nothing runs in it that is ` +
      "watched",
  );
}
