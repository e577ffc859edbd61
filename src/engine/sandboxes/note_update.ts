/** Records changes of a sandbox by an orchestrator. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { removeIfThere } from "../../fs/if_there.ts";
import type { Agent } from "../agent.ts";
import { findState } from "./attachment_note.ts";
import { lockSandbox } from "./lock_sandbox.ts";
import { placesOf } from "./sandbox_places.ts";
import { writeSandboxState } from "./sandbox_state.ts";

/**
 * Stores the change beside the original request. Does nothing if the sandbox is
 * gone.
 *
 * @param options.change Computes the new JSON value from the previous one.
 */
export async function noteUpdate(
  agent: Agent,
  id: ContainerId,
  { change, signal }: Abortable & {
    readonly change: (before: unknown) => unknown;
  },
): Promise<void> {
  using _lock = await lockSandbox(agent, id, { signal });
  const state = findState(agent, id);
  if (state === undefined) removeIfThere(placesOf(agent.store.paths, id).lock);
  else {
    const update = change(state.update);
    writeSandboxState(agent, id, { ...state, update });
  }
}
