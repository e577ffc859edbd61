/** Finishes the removal of a container at the end of its run. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { Agent } from "../agent.ts";
import { tryReadLastRun } from "../containers/last_run.ts";
import { keepLastExit } from "./last_exit.ts";
import { unlessGone } from "./unless_gone.ts";

/**
 * Removes a container with removal `"at-end"`, unless its runner, or the cleanup
 * that conmon starts, is faster. The caller must hold no lock of the store, and its
 * process must have ended.
 *
 * @throws {InUseError} If something runs in it again, or is mounted in it.
 */
export async function finishRemoval(
  agent: Agent,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  if (tryReadLastRun(agent, id)?.removal !== "at-end") return;
  keepLastExit(agent, id);
  // Rarely needed, so it is loaded on demand.
  const { deleteContainer } = await import("../containers/delete_container.ts");
  await unlessGone(deleteContainer(agent, id, options));
}
