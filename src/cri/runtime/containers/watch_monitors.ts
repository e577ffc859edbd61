/**
 * Detects containers whose conmon was killed: their exits would not be recorded.
 */

import { type Abortable, sleep } from "../../../errors/abort.ts";
import { whyOf } from "../../../errors/why.ts";
import { hasMonitor } from "../../../engine/containers/container_monitor.ts";
import { readExit } from "../../../engine/containers/process_exit.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { ContainerState } from "../../api/api_pb.js";
import type { RuntimeContext } from "../runtime_context.ts";
import { endContainer } from "./stop_container.ts";

// The cost is one check of a FIFO for each container.
const INTERVAL_MS = 5_000;

/**
 * Ends containers without a conmon, until the signal aborts: a kubelet starts them
 * again. A container is ended only if the next check confirms it.
 */
export async function watchMonitors(
  context: RuntimeContext,
  { signal, intervalMs = INTERVAL_MS }: Abortable & {
    readonly intervalMs?: number;
  },
): Promise<void> {
  const { agent } = context;
  // Without libc conmon cannot be detected.
  if (agent.store.libc === undefined) return;
  let before = new Set<ContainerId>();
  while (!signal?.aborted) {
    try {
      await sleep(intervalMs, { signal });
      const unwatched = await listUnwatched(context);
      const lost = unwatched.filter((id) => before.has(id));
      before = new Set(unwatched);
      for (const id of lost) await end(context, id);
    } catch (error) {
      if (signal?.aborted) return;
      agent.log("warn", `Cannot look for conmon: ${whyOf(error)}`);
    }
  }
}

async function listUnwatched(
  { agent, objects, processes }: RuntimeContext,
): Promise<readonly ContainerId[]> {
  const { containers } = await objects.read();
  return containers.filter(({ id, note }) => {
    if (note?.phase !== "complete") return false;
    const { state } = note.status;
    const isAlive = state === ContainerState.CONTAINER_RUNNING ||
      (state === ContainerState.CONTAINER_CREATED &&
        processes.get(id)?.kind === "made");
    return isAlive && !hasMonitor(agent, id) &&
      readExit(agent, id) === undefined;
  }).map(({ id }) => id);
}

async function end(context: RuntimeContext, id: ContainerId): Promise<void> {
  const { agent } = context;
  agent.log("warn", `Ends container "${id}": its conmon was ended`, {
    container: id,
  });
  try {
    await endContainer(context, id, 0n);
  } catch (error) {
    agent.log("warn", `Cannot end container "${id}": ${whyOf(error)}`, {
      container: id,
    });
  }
}
