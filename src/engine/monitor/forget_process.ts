/** Removes what is left of a container's process, ended or partly created. */

import { join } from "@std/path";
import { sleep } from "../../errors/abort.ts";
import { InUseError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isNameThere, lstatIfThere, removeIfThere } from "../../fs/if_there.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { runDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { CONTROL_FIFO, hasMonitor } from "../containers/container_monitor.ts";
import { forget } from "../runtimes/oci_runtime.ts";
import {
  exitPlacesOf,
  forgetExit,
  readExit,
} from "../containers/process_exit.ts";
import { removeLeftCgroups } from "./left_cgroups.ts";
import { killMonitor, MONITOR_PID_FILE } from "./stray_process.ts";

// Files of conmon and the runtime in the bundle.
const FILES = [
  ...["attach", CONTROL_FIFO, "winsz"],
  ...["runtime.pid", MONITOR_PID_FILE],
];
const POLL_MS = 50;
// The time from making its directories until conmon has its FIFO, on a busy
// machine.
const BEGIN_MS = 1_000;
// A runtime that is about to create a process is done within a second.
const PATIENCE_MS = 5_000;

/**
 * Ends a container's process and its conmon, and deletes its exit. It undoes
 * `createProcess()`, even if that was killed at any point.
 *
 * @throws {CommandError} If the runtime cannot end it.
 * @throws {InUseError} If conmon cannot be ended.
 */
export async function forgetProcess(
  agent: Agent,
  id: ContainerId,
): Promise<void> {
  await waitForBegun(agent, id);
  await undoProcess(agent, id);
}

/** The same, if no conmon can be about to start. */
export async function undoProcess(
  agent: Agent,
  id: ContainerId,
): Promise<void> {
  await endMonitor(agent, id);
  const bundle = runDirectory(agent.store.paths, id);
  const { libc } = agent.store;
  const isLeft = (path: string) => isNameThere(path, libc);
  FILES.map((file) => join(bundle, file)).filter(isLeft).forEach(removeIfThere);
  [join(bundle, "exec")].filter(isLeft)
    .forEach((path) => removeTreeSync(path));
  forgetExit(agent, id);
  await removeLeftCgroups(agent, id);
}

/** A conmon whose creator was just killed may not be visible yet. */
async function waitForBegun(agent: Agent, id: ContainerId): Promise<void> {
  const { runDirectory } = exitPlacesOf(agent.store.paths, id);
  for (;;) {
    if (hasMonitor(agent, id) || readExit(agent, id) !== undefined) return;
    const madeMs = lstatIfThere(runDirectory)?.mtime?.getTime();
    const ageMs = Date.now() - (madeMs ?? 0);
    if (ageMs < 0 || ageMs > BEGIN_MS) return;
    await sleep(POLL_MS);
  }
}

/** conmon ends with its process; if its runtime hangs, it must be killed. */
async function endMonitor(agent: Agent, id: ContainerId): Promise<void> {
  const start = performance.now();
  const bundle = runDirectory(agent.store.paths, id);
  await forget(agent, id);
  while (hasMonitor(agent, id)) {
    const waitedMs = performance.now() - start;
    if (waitedMs > 2 * PATIENCE_MS) throw stillThere(id);
    // The runtime that it started ends with it.
    if (waitedMs > PATIENCE_MS) await killMonitor(agent, bundle);
    await sleep(POLL_MS);
    await forget(agent, id); // a process that its runtime created meanwhile
  }
}

function stillThere(id: ContainerId): InUseError {
  return new InUseError(
    `Cannot end what watches container "${id}": it does not end`,
    [id],
  );
}
