/** Stops sandboxes: they leave their networks, and their namespaces end. */

import { type Abortable, settleAll } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere, removeIfThere } from "../../fs/if_there.ts";
import { workDirectory } from "../../store/paths.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { removeCgroups } from "../cgroups.ts";
import { waitForPlugins } from "../network/run_plugin.ts";
import { lockSandbox } from "./lock_sandbox.ts";
import { findState, forgetAttachment } from "./attachment_note.ts";
import { endPause } from "./pause_process.ts";
import { unmountSandbox } from "./sandbox_mounts.ts";
import { leaveNetworks } from "./sandbox_network.ts";
import { placesOf, type SandboxPlaces } from "./sandbox_places.ts";
import { type SandboxState, writeSandboxState } from "./sandbox_state.ts";

/**
 * Stops a sandbox: its networks are left, its namespaces and its shared memory end.
 * Containers that still run in it lose their network; the caller ends them first.
 * It is no error to repeat it, or if there is no such sandbox.
 *
 * @param handle From `openAgent()`.
 * @param id Its full ID.
 * @throws {NetworkError} If a network cannot be left; then the sandbox is not
 *   ready, and the stop must be repeated.
 * @throws {DamagedFileError} If its state does not parse.
 * @example
 * ```ts
 * import { type Agent, listSandboxes, stopSandbox } from "orlop";
 * async function stopAll(agent: Agent): Promise<void> {
 *   for (const { id } of await listSandboxes(agent)) await stopSandbox(agent, id);
 * }
 * ```
 */
export async function stopSandbox(
  handle: AgentHandle,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  const agent = insideOf(handle);
  const { phase = "stopped" } = findState(agent, id) ?? {};
  if (phase === "stopped") return;
  using _lock = await lockSandbox(agent, id, options);
  const state = findState(agent, id);
  if (state !== undefined) await stopLocked(agent, id, { ...options, state });
  // It was removed meanwhile, so this lock file is a new one.
  else removeIfThere(placesOf(agent.store.paths, id).lock);
}

/** Stops a sandbox whose lock is held. */
export async function stopLocked(
  agent: Agent,
  id: ContainerId,
  { state, signal }: Abortable & { readonly state: SandboxState },
): Promise<void> {
  if (state.phase !== "stopped") {
    if (state.phase !== "stopping") {
      storePhase(agent, id, { ...state, phase: "stopping" });
    }
    const pause = state.request.namespaces.pid === "pod"
      ? endPause(agent, id, { signal })
      : undefined;
    await detachSandbox(agent, id, { state, pause, signal });
    storePhase(agent, id, { ...state, phase: "stopped", pid: undefined });
  }
  forgetAttachment(agent, id);
}

/**
 * Stores a phase. Another tool may have removed the infra container with its
 * directory: then only the note is left, which has no phase.
 */
function storePhase(agent: Agent, id: ContainerId, state: SandboxState): void {
  const directory = workDirectory(agent.store.paths, id);
  if (isThere(directory, agent.store.libc)) writeSandboxState(agent, id, state);
}

/** What is released. */
export interface DetachOptions extends Abortable {
  readonly state: SandboxState;
  /** The end of its pause process, which networks need not wait for. */
  readonly pause?: Promise<void> | undefined;
}

/**
 * Releases the resources of a sandbox outside the store, except its note. It is no
 * error if it has none.
 */
export async function detachSandbox(
  agent: Agent,
  id: ContainerId,
  { state, pause, signal }: DetachOptions,
): Promise<void> {
  await settleAll([leave(agent, id, { state, signal }), pause]);
  const places = placesOf(agent.store.paths, id);
  await unmountSandbox(agent, places, { signal });
  await removeCgroups(agent, state.cgroups, { signal });
}

async function leave(
  agent: Agent,
  id: ContainerId,
  { state, signal }: DetachOptions,
): Promise<void> {
  const places = placesOf(agent.store.paths, id);
  const { programLock } = places;
  const lock = isThere(programLock, agent.store.libc) ? programLock : undefined;
  // Programs of a killed process may still run; wait for them, unless the sandbox
  // was complete.
  if (lock !== undefined && state.phase !== "ready") {
    const { networks = {} } = state.request;
    await waitForPlugins(lock, networks, { signal });
  }
  const namespace = await findNamespace(agent, places, { signal });
  await leaveNetworks(id, state, { namespace, lock, signal });
}

/** Undefined after a reboot: plugins then release what they keep on the disk. */
async function findNamespace(
  { mounter }: Agent,
  { net }: SandboxPlaces,
  options: Abortable,
): Promise<string | undefined> {
  return await mounter.isMounted(net, options) ? net : undefined;
}
