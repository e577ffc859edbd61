/**
 * Makes the processes of containers that wait to be started: when the creation was
 * answered, as a runtime takes longer for it than for all the rest. Who then starts
 * the container waits for it, and is told why there is none; what a kill cuts short,
 * its start makes.
 */

import { InUseError } from "../../../errors/store_errors.ts";
import { whyOf } from "../../../errors/why.ts";
import { findActivity } from "../../../engine/containers/container_status.ts";
import { startContainer as mountContainer } from "../../../engine/containers/start_container.ts";
import { createProcess } from "../../../engine/monitor/create_process.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { runtimeOf } from "../handlers.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import type { OwnContainer } from "../state/known_objects.ts";
import { handlerOf, readAgain } from "./read_again.ts";

/**
 * Begins to make a container's process. What comes of it is noted among the
 * context's processes.
 *
 * @param turn The container's, alone: it is given back in the end.
 */
export function beginProcess(
  context: RuntimeContext,
  id: ContainerId,
  turn: Disposable,
): void {
  const { agent, jobs, processes } = context;
  void jobs.changing.join(`make ${id}`, async () => {
    using _turn = turn;
    await answered();
    try {
      await make(context, await readAgain(context, id));
      processes.set(id, { kind: "made" });
    } catch (error) {
      processes.set(id, { kind: "failed", error });
      agent.log("warn", whyOf(error), { container: id });
    }
  });
}

/** To start a program holds this one up. */
function answered(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve);
  return promise;
}

/**
 * Makes sure that a container has a process, which waits to be started; to be called
 * in its turn.
 *
 * @throws {InUseError} If its pod does not run.
 * @throws {CommandError} If the runtime fails, now or before.
 */
export async function demandProcess(
  context: RuntimeContext,
  known: OwnContainer,
): Promise<void> {
  const { agent, processes } = context;
  const { id } = known;
  const made = processes.get(id);
  processes.delete(id);
  if (made?.kind === "made") return;
  if (made?.kind === "failed") throw made.error;
  // A daemon before this one was killed while it made it.
  const { process } = await findActivity(agent, id);
  if (process !== undefined) return;
  await mountContainer(agent, id);
  await make(context, known);
}

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
