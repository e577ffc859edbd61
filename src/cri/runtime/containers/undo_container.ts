/** Removes a container that was made completely or in part. */

import { ContainerNotFoundError } from "../../../errors/not_found_errors.ts";
import { whyOf } from "../../../errors/why.ts";
import { deleteContainer } from "../../../engine/containers/delete_container.ts";
import { forgetProcess } from "../../../engine/monitor/forget_process.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { removeImageVolumes } from "../../../engine/containers/image_volumes.ts";

/**
 * Ends a container's process, unmounts what is mounted for it, and removes its
 * record. What is gone already is no error.
 *
 * @throws {CommandError} If the runtime cannot end it.
 * @throws {InUseError} If something is mounted in it.
 */
export async function dropContainer(
  { agent }: Pick<RuntimeContext, "agent">,
  id: ContainerId,
): Promise<void> {
  await forgetProcess(agent, id);
  try {
    await deleteContainer(agent, id);
  } catch (error) {
    if (!(error instanceof ContainerNotFoundError)) throw error;
  }
  await removeImageVolumes(agent, id);
}

/** As `dropContainer()`, after an error: a second error is only logged. */
export async function undoContainer(
  context: Pick<RuntimeContext, "agent">,
  id: ContainerId,
): Promise<void> {
  try {
    await dropContainer(context, id);
  } catch (error) {
    context.agent.log(
      "warn",
      `Cannot remove container "${id}", made in part: ${whyOf(error)}; the ` +
        "next start of the daemon tries it again",
      { container: id },
    );
  }
}
