/** Takes away what is left of a container's process, finished or half-made. */

import { join } from "@std/path";
import { sleep } from "../../errors/abort.ts";
import { InUseError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { readTextIfThere, removeIfThere } from "../../fs/if_there.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import { runDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { hasMonitor } from "../containers/container_monitor.ts";
import { forget } from "../containers/oci_runtime.ts";
import { forgetExit } from "../containers/process_exit.ts";

// What conmon and runtimes make in the bundle.
const FILES = ["attach", "ctl", "winsz", "runtime.pid", "conmon.pid"] as const;
const POLL_MS = 50;
// A runtime that is about to create a process is done within a second.
const PATIENCE_MS = 10_000;

/**
 * Ends a container's process and its conmon, and forgets how it ended. It undoes
 * what `createProcess()` has done, at whatever point that was killed.
 *
 * @throws {CommandError} If the runtime cannot end it.
 * @throws {InUseError} If conmon cannot be ended.
 */
export async function forgetProcess(
  agent: Agent,
  id: ContainerId,
): Promise<void> {
  await endMonitor(agent, id);
  const bundle = runDirectory(agent.store.paths, id);
  for (const file of FILES) removeIfThere(join(bundle, file));
  removeTreeSync(join(bundle, "exec"));
  forgetExit(agent, id);
}

/** It ends with its process; one whose runtime hangs has to be told. */
async function endMonitor(agent: Agent, id: ContainerId): Promise<void> {
  const start = performance.now();
  await forget(agent, id);
  while (hasMonitor(agent, id)) {
    const waitedMs = performance.now() - start;
    if (waitedMs > 2 * PATIENCE_MS) throw stillThere(id);
    if (waitedMs > PATIENCE_MS) await killMonitor(agent, id);
    await sleep(POLL_MS);
    await forget(agent, id); // what its runtime has made meanwhile
  }
}

/** What conmon has started to create the process ends with it. */
async function killMonitor(agent: Agent, id: ContainerId): Promise<void> {
  const file = join(runDirectory(agent.store.paths, id), "conmon.pid");
  const pid = Number(readTextIfThere(file) ?? "");
  if (!Number.isInteger(pid) || pid <= 1) return;
  const args = ["-KILL", String(pid)];
  await runCommand(findProgram("kill"), args, { okCodes: "any" });
}

function stillThere(id: ContainerId): InUseError {
  return new InUseError(
    `Cannot end what watches container "${id}": it does not end`,
    [id],
  );
}
