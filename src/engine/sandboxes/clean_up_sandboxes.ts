/**
 * Releases the resources of sandboxes without a record: it was lost, or removed by
 * a tool that does not know of networks. Only resources in orlop's own notes are
 * released; if the store is inconsistent, nothing is.
 */

import type { Abortable } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import {
  type ContainerId,
  containerIdsIn,
} from "../../formats/storage/store_ids.ts";
import { isThere, removeIfThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import type { NetworkSettings } from "../network/find_networks.ts";
import { cleanUpNetworks } from "../network/clean_up_networks.ts";
import {
  forgetAttachment,
  listAttachments,
  readAttachment,
} from "./attachment_note.ts";
import { lockSandbox } from "./lock_sandbox.ts";
import { placesOf, sandboxesDirectory } from "./sandbox_places.ts";
import { unmountSandbox } from "./sandbox_mounts.ts";
import { readSandboxState } from "./sandbox_state.ts";
import { detachSandbox } from "./stop_sandbox.ts";

/**
 * Releases the resources of sandboxes without a record, and lets networks of CNI
 * 1.1 remove unused attachments.
 *
 * @param handle From `openAgent()`.
 * @param settings The networks that sandboxes get now.
 * @returns The IDs of the sandboxes.
 * @throws {DamagedStoreError} And the like, if the existing sandboxes are not
 * certain.
 * @example
 * ```ts
 * import { openAgent, cleanUpSandboxes } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * console.log(await cleanUpSandboxes(agent, { configDirectory: root })); // []
 * ```
 */
export async function cleanUpSandboxes(
  handle: AgentHandle,
  settings: NetworkSettings = {},
  options: Abortable = {},
): Promise<readonly ContainerId[]> {
  const agent = insideOf(handle);
  const cleaned: ContainerId[] = [];
  for (const id of await listLost(agent, options)) {
    try {
      if (await cleanUp(agent, id, options)) cleaned.push(id);
    } catch (error) {
      options.signal?.throwIfAborted();
      agent.log(
        "warn",
        `Cannot release the resources of pod "${id}", which no longer exists: ` +
          whyOf(error),
        { pod: id },
      );
    }
  }
  await cleanUpLists(agent, settings, options);
  return cleaned;
}

/** All sandboxes with a note, a directory or a lock, but no record. */
async function listLost(
  agent: Agent,
  options: Abortable,
): Promise<readonly ContainerId[]> {
  const names = listIfDirectory(sandboxesDirectory(agent.store.paths));
  const known = new Set([
    ...listAttachments(agent),
    ...containerIdsIn(names.map((name) => name.replace(/\.lock$/, ""))),
  ]);
  if (known.size === 0) return [];
  // A container that the records have lost may still use what it has.
  using held = await agent.store.lock({ containers: "read" }, {
    ...{ ...options, purpose: "write" },
  });
  return [...known].filter((id) => held.containers.get(id) === undefined);
}

async function isRecorded(
  { store }: Agent,
  id: ContainerId,
  options: Abortable,
): Promise<boolean> {
  using held = await store.lock({ containers: "read" }, options);
  return held.containers.get(id) !== undefined;
}

/** @returns Whether there was more than a lock. */
async function cleanUp(
  agent: Agent,
  id: ContainerId,
  options: Abortable,
): Promise<boolean> {
  using _lock = await lockSandbox(agent, id, options);
  // A sandbox that is being created has its lock before its record.
  if (await isRecorded(agent, id, options)) return false;
  const places = placesOf(agent.store.paths, id);
  const state = readAttachment(agent, id);
  const hasSomething = state !== undefined || isThere(places.directory);
  if (state === undefined) await unmountSandbox(agent, places, options);
  else await detachSandbox(agent, id, { ...options, state });
  forgetAttachment(agent, id);
  removeIfThere(places.lock);
  return hasSomething;
}

/** The attachments in use are known only if each state can be read. */
async function cleanUpLists(
  agent: Agent,
  settings: NetworkSettings,
  { signal }: Abortable,
): Promise<void> {
  const valid = listAttachments(agent).flatMap((id) => {
    const state = readSandboxState(agent, id) ?? readAttachment(agent, id);
    return (state?.networks ?? []).map(({ list, interfaceName }) => ({
      ...{ network: list.name, containerID: id, ifname: interfaceName },
    }));
  });
  await cleanUpNetworks(valid, settings, {
    signal,
    onProblem: (message) => agent.log("warn", message),
  });
}
