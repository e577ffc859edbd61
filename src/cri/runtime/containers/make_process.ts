/**
 * Makes the processes of created containers after the response to the creation, as
 * a runtime takes longer for this than all the rest. The start of the container
 * waits for it, and gets its error; if a kill interrupts it, the start makes the
 * process.
 */

import { sleep } from "../../../errors/abort.ts";
import { InUseError } from "../../../errors/store_errors.ts";
import { whyOf } from "../../../errors/why.ts";
import type { Agent } from "../../../engine/agent.ts";
import { hasMonitor } from "../../../engine/containers/container_monitor.ts";
import { findActivity } from "../../../engine/containers/container_status.ts";
import { startContainer as mountContainer } from "../../../engine/containers/start_container.ts";
import { createProcess } from "../../../engine/monitor/create_process.ts";
import { watchNames } from "../../../engine/monitor/watch_names.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { runDirectory } from "../../../store/paths.ts";
import { runtimeOf } from "../handlers.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import type { OwnContainer } from "../state/known_objects.ts";
import { handlerOf, readAgain } from "./read_again.ts";

/**
 * Begins to make a container's process. The result is in the context's `processes`.
 *
 * @param turn The exclusive turn of the container: it is released at the end.
 */
export function beginProcess(
  context: RuntimeContext,
  id: ContainerId,
  turn: Disposable,
): void {
  const { agent, jobs, processes } = context;
  void jobs.changing.join(`make ${id}`, async () => {
    using _turn = turn;
    // Starting a program blocks this process, so the response is sent first.
    await sleep(0);
    try {
      await make(context, await readAgain(context, id));
      processes.set(id, { kind: "made" });
    } catch (error) {
      processes.set(id, { kind: "failed", error });
      agent.log("warn", whyOf(error), { container: id });
    }
  });
}

/**
 * Requires that a container has a process, which waits to be started; to be called
 * in its turn.
 *
 * @throws {InUseError} If its pod does not run.
 * @throws {CommandError} If the runtime fails, now or before.
 */
export async function requireProcess(
  context: RuntimeContext,
  known: OwnContainer,
): Promise<void> {
  const { agent, processes } = context;
  const { id } = known;
  const made = processes.get(id);
  processes.delete(id);
  if (made?.kind === "made") return;
  if (made?.kind === "failed") throw made.error;
  if (await wasMadeBefore(agent, id)) return;
  await mountContainer(agent, id);
  await make(context, known);
}

/**
 * Whether an earlier daemon made the process. If that was killed while it did so, its
 * conmon continues, and is waited for.
 */
async function wasMadeBefore(agent: Agent, id: ContainerId): Promise<boolean> {
  const end = performance.now() + PATIENCE_MS;
  // The runtime leaves the number of the process there when it has made it.
  using names = watchNames(runDirectory(agent.store.paths, id));
  for (;;) {
    const isWatched = hasMonitor(agent, id);
    const { process } = await findActivity(agent, id);
    if (process !== undefined) return true;
    if (!isWatched || performance.now() > end) return false;
    await names.next({ waitMs: RECHECK_MS });
  }
}

// A runtime creates a process within a second.
const PATIENCE_MS = 5_000;
// A conmon that ends without a process changes no name.
const RECHECK_MS = 200;

async function make(
  { agent, objects, settings }: RuntimeContext,
  { id, note, metadata: { podId } }: OwnContainer,
): Promise<void> {
  const pod = objects.recallPod(podId);
  if (pod?.sandbox.state !== "ready") {
    throw new InUseError(
      `Cannot start container "${id}": pod "${podId}" does not run`,
      [podId],
    );
  }
  const { config, status } = note;
  await createProcess(agent, id, {
    logPath: status.logPath || undefined,
    terminal: config.tty,
    stdin: config.stdin ? config.stdinOnce ? "once" : "open" : "none",
    runtime: runtimeOf(settings, handlerOf({ objects }, podId)),
    cgroupManager: settings.cgroupManager,
  });
}
