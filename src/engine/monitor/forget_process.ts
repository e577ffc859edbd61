/** Takes away what is left of a container's process, finished or half-made. */

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

// What conmon and runtimes make in the bundle.
const FILES = [
  ...["attach", CONTROL_FIFO, "winsz"],
  ...["runtime.pid", MONITOR_PID_FILE],
];
const POLL_MS = 50;
// From when its places are made until conmon has its fifo, on a busy machine.
const BEGIN_MS = 1_000;
// A runtime that is about to create a process is done within a second.
const PATIENCE_MS = 5_000;

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
  await waitForBegun(agent, id);
  await undoProcess(agent, id);
}

/** The same, for who knows that no conmon is about to begin. */
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

/** A conmon whose maker was killed right now may not be seen yet. */
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

/** It ends with its process; one whose runtime hangs has to be told. */
async function endMonitor(agent: Agent, id: ContainerId): Promise<void> {
  const start = performance.now();
  const bundle = runDirectory(agent.store.paths, id);
  await forget(agent, id);
  while (hasMonitor(agent, id)) {
    const waitedMs = performance.now() - start;
    if (waitedMs > 2 * PATIENCE_MS) throw stillThere(id);
    // What it has started to create the process ends with it.
    if (waitedMs > PATIENCE_MS) await killMonitor(agent, bundle);
    await sleep(POLL_MS);
    await forget(agent, id); // what its runtime has made meanwhile
  }
}

function stillThere(id: ContainerId): InUseError {
  return new InUseError(
    `Cannot end what watches container "${id}": it does not end`,
    [id],
  );
}
