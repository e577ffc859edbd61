/**
 * Recovers after the end of an earlier daemon: interrupted creations are undone,
 * interrupted removals are finished, and exits of containers are recorded. It runs
 * before any call is served.
 */

import { forgetProcess } from "../../engine/monitor/forget_process.ts";
import { hasMonitor } from "../../engine/containers/container_monitor.ts";
import { findActivity } from "../../engine/containers/container_status.ts";
import { tryReadLastRun } from "../../engine/containers/last_run.ts";
import { removeOrphanVolumes } from "../../engine/containers/image_volumes.ts";
import { readExit } from "../../engine/containers/process_exit.ts";
import { removeSandbox } from "../../engine/sandboxes/remove_sandbox.ts";
import { tryReadPhase } from "../../engine/sandboxes/sandbox_state.ts";
import { stopSandbox } from "../../engine/sandboxes/stop_sandbox.ts";
import { cleanUpSandboxes } from "../../engine/sandboxes/clean_up_sandboxes.ts";
import { Semaphore } from "../../engine/semaphore.ts";
import { whyOf } from "../../errors/why.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { ContainerState } from "../api/api_pb.js";
import { unseenExit, withExit } from "./containers/note_exit.ts";
import { dropContainer } from "./containers/undo_container.ts";
import type { RuntimeContext } from "./runtime_context.ts";
import type { OwnContainer, OwnPod } from "./state/known_objects.ts";
import { toNanoseconds } from "./state/nanoseconds.ts";

// Each queries a runtime, which starts a program.
const AT_ONCE = 8;

/** Recovers all objects. Failures are logged, and the objects stay. */
export async function recover(context: RuntimeContext): Promise<void> {
  const { objects } = context;
  const { pods, containers } = await objects.read();
  const own = containers.flatMap(({ note, ...known }) =>
    note === undefined ? [] : [{ ...known, note }]
  );
  await eachOf(context, own, recoverContainer);
  await removeOrphanVolumes(context.agent);
  const ownPods = pods.flatMap(({ sandbox, ...known }) =>
    sandbox === undefined ? [] : [{ ...known, sandbox }]
  );
  await eachOf(context, ownPods, recoverPod);
  await giveBack(context);
}

/**
 * Releases the resources of removed pods; if the store is inconsistent, nothing is
 * released.
 */
async function giveBack(
  { agent, settings: { networks } }: RuntimeContext,
): Promise<void> {
  try {
    for (const id of await cleanUpSandboxes(agent, networks)) {
      agent.log("info", `Gave back what pod "${id}" had, which is no more`, {
        pod: id,
      });
    }
  } catch (error) {
    agent.log("warn", `Cannot look for what lost pods had: ${whyOf(error)}`);
  }
}

async function eachOf<K extends { readonly id: ContainerId }>(
  context: RuntimeContext,
  all: readonly K[],
  action: (context: RuntimeContext, known: K) => Promise<void>,
): Promise<void> {
  const semaphore = new Semaphore(AT_ONCE);
  await Promise.all(all.map(async (known) => {
    using _place = await semaphore.take();
    try {
      await action(context, known);
    } catch (error) {
      const why = whyOf(error);
      context.agent.log("warn", `Cannot recover "${known.id}": ${why}`);
    }
  }));
}

async function recoverContainer(
  context: RuntimeContext,
  { id, note }: OwnContainer,
): Promise<void> {
  const { agent, objects } = context;
  if (note.phase !== "complete") {
    agent.log("info", `Removes container "${id}", which was cut short`, {
      container: id,
    });
    await dropContainer(context, id);
    return;
  }
  const { state } = note.status;
  if (state === ContainerState.CONTAINER_EXITED) return;
  const startedAt = note.status.startedAt ||
    toNanoseconds(tryReadLastRun(agent, id)?.startedAt);
  const known = { ...note, status: { ...note.status, startedAt } };
  // A running conmon shows that it runs, without starting a program.
  const isWatched = hasMonitor(agent, id);
  const exit = readExit(agent, id);
  if (exit !== undefined) return objects.setNote(id, withExit(known, exit));
  if (isWatched && state === ContainerState.CONTAINER_RUNNING) return;
  const { process } = await findActivity(agent, id);
  const isWaiting = state === ContainerState.CONTAINER_CREATED;
  // Its process is made at its start, if it does not exist.
  if (process === undefined && isWaiting) return;
  if (process === undefined) return await noteUnseen(context, id, known);
  if (process.status === "starting") {
    context.processes.set(id, { kind: "made" });
    return;
  }
  if (state === ContainerState.CONTAINER_RUNNING) return;
  objects.setNote(id, {
    ...known,
    status: { ...known.status, state: ContainerState.CONTAINER_RUNNING },
  });
}

/** It ended with a reboot, or its conmon was killed. */
async function noteUnseen(
  { agent, objects }: RuntimeContext,
  id: ContainerId,
  note: OwnContainer["note"],
): Promise<void> {
  // It may have ended since the previous check.
  const exit = readExit(agent, id) ?? unseenExit();
  objects.setNote(id, withExit(note, exit));
  await forgetProcess(agent, id);
}

async function recoverPod(
  { agent, objects }: RuntimeContext,
  { id }: OwnPod,
): Promise<void> {
  const phase = tryReadPhase(agent, id);
  if (phase === "making") {
    agent.log("info", `Removes pod "${id}", which was cut short`, { pod: id });
    await removeSandbox(agent, id);
  } else if (phase === "stopping") {
    await stopSandbox(agent, id);
    objects.rereadSandbox(id);
  }
}
