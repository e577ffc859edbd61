/** Finishes what the run of a container was to do at its end. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { Agent } from "../agent.ts";
import { tryReadLastRun } from "../containers/last_run.ts";
import { unlessGone } from "./unless_gone.ts";

/**
 * Removes a container that was to be removed when its run has ended, unless who ran
 * it, or the cleanup that conmon starts, comes first. No lock of the store may be
 * held, and nothing runs in it any more.
 *
 * @throws {InUseError} If something runs in it again, or is mounted in it.
 */
export async function finishRemoval(
  agent: Agent,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  if (tryReadLastRun(agent, id)?.removal !== "at-end") return;
  // Few want it: it need not be loaded to stop the others.
  const { deleteContainer } = await import("../containers/delete_container.ts");
  await unlessGone(deleteContainer(agent, id, options));
}
