/** Reads sandboxes. */

import type { Abortable } from "../../errors/abort.ts";
import { DamagedFileError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere } from "../../fs/if_there.ts";
import { readBootId } from "../../process/boot_id.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { readExit } from "../containers/process_exit.ts";
import { readMetadata } from "../container_owner.ts";
import { findState } from "./attachment_note.ts";
import type { Sandbox } from "./sandbox.ts";
import { addressesIn } from "./sandbox_network.ts";
import { namespacesOf, placesOf } from "./sandbox_places.ts";
import type { SandboxState } from "./sandbox_state.ts";

const HOST_SHM = "/dev/shm";

/**
 * Reads a sandbox; undefined if there is none. A pod without a sandbox state is
 * none.
 *
 * @param handle From `openAgent()`.
 * @param id Its full ID.
 * @throws {DamagedFileError} If its state does not parse.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, readSandbox } from "orlop";
 * function isReady(agent: Agent, id: ContainerId): boolean {
 *   return readSandbox(agent, id)?.state === "ready";
 * }
 * ```
 */
export function readSandbox(
  handle: AgentHandle,
  id: ContainerId,
): Sandbox | undefined {
  const agent = insideOf(handle);
  const state = findState(agent, id);
  return state === undefined ? undefined : sandboxOf(agent, id, state);
}

/**
 * Lists all sandboxes. A damaged state is reported by a warning.
 *
 * @param handle From `openAgent()`.
 * @example
 * ```ts
 * import { listSandboxes, openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * for (const { id, state, ips } of await listSandboxes(agent)) {
 *   console.log(id, state, ips.join(", "));
 * }
 * ```
 */
export async function listSandboxes(
  handle: AgentHandle,
  options: Abortable = {},
): Promise<readonly Sandbox[]> {
  const agent = insideOf(handle);
  return (await listPodIds(agent, options)).flatMap((id) => {
    const state = tryRead(agent, id);
    return state === undefined ? [] : [sandboxOf(agent, id, state)];
  });
}

async function listPodIds(
  { store }: Agent,
  options: Abortable,
): Promise<readonly ContainerId[]> {
  using held = await store.lock({ containers: "read" }, options);
  return held.containers.records
    .filter((record) => readMetadata(record)?.pod === true)
    .map(({ id }) => id);
}

function tryRead(agent: Agent, id: ContainerId): SandboxState | undefined {
  try {
    return findState(agent, id);
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    agent.log("warn", error.message);
    return undefined;
  }
}

/** A sandbox, as callers see it. */
export function sandboxOf(
  agent: Agent,
  id: ContainerId,
  { phase, bootId, createdAtNs, request, networks, pid, update }: SandboxState,
): Sandbox {
  const places = placesOf(agent.store.paths, id);
  const { namespaces } = request;
  const isReady = phase === "ready" && bootId === readBootId() &&
    // The run root may have been emptied.
    isThere(places.directory, agent.store.libc) &&
    (pid === undefined || readExit(agent, id) === undefined);
  return {
    id,
    state: isReady ? "ready" : "not-ready",
    createdAtNs,
    request,
    ...update !== undefined && { update },
    namespaces: {
      ...namespacesOf(places, request),
      ...pid === undefined ? {} : { pid: `/proc/${pid}/ns/pid` },
    },
    ips: addressesIn(networks),
    shmDirectory: namespaces.ipc === "pod" ? places.shm : HOST_SHM,
    files: places.files,
    pid,
  };
}
