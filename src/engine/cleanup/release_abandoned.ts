/**
 * Releases the resources of abandoned pods: those without a record, and those of
 * runs that were killed.
 */

import type { Abortable } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { Agent } from "../agent.ts";
import { findActivity } from "../containers/container_status.ts";
import { hasRunner, tryReadLastRun } from "../containers/last_run.ts";
import { releasePod } from "../release_pod.ts";
import { listSandboxes } from "../sandboxes/list_sandboxes.ts";
import { cleanUpSandboxes } from "../sandboxes/clean_up_sandboxes.ts";

/** Releases them; a failure is only a warning. */
export async function releaseAbandoned(
  agent: Agent,
  options: Abortable,
): Promise<void> {
  await cleanUpSandboxes(agent, {}, options);
  for (const { id } of await listSandboxes(agent, options)) {
    if (!await isAbandoned(agent, id, options)) continue;
    try {
      await releasePod(agent, id, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      agent.log(
        "warn",
        `Cannot release the resources of pod "${id}": ${whyOf(error)}`,
      );
    }
  }
}

/** Whether a pod was made for one run that has ended. */
async function isAbandoned(
  agent: Agent,
  id: ContainerId,
  options: Abortable,
): Promise<boolean> {
  const owner = tryReadLastRun(agent, id)?.owner;
  if (owner === undefined || owner === id) return false;
  const container = await findOwner(agent, owner, options);
  if (container === undefined) return true;
  if (hasRunner(agent, container)) return false;
  const { process } = await findActivity(agent, container, options);
  return process === undefined;
}

async function findOwner(
  { store }: Agent,
  owner: string,
  options: Abortable,
): Promise<ContainerId | undefined> {
  using held = await store.lock({ containers: "read" }, options);
  return held.containers.lookUp(owner)?.id;
}
