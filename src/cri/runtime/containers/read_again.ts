/** Reads a container again: calls on it are served one after the other. */

import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { findOwnContainer } from "../state/find_objects.ts";
import type { OwnContainer } from "../state/known_objects.ts";

/**
 * A container as it is now: it may have changed while this call waited.
 *
 * @throws {ContainerNotFoundError} If it was removed meanwhile.
 */
export async function readAgain(
  { objects }: Pick<RuntimeContext, "objects">,
  id: ContainerId,
): Promise<OwnContainer> {
  return await findOwnContainer(objects, id, {
    verb: "use",
    command: "container inspect",
  });
}

/** The runtime handler of a pod; `""` for the default, or if it is gone. */
export function handlerOf(
  { objects }: Pick<RuntimeContext, "objects">,
  podId: string,
): string {
  return objects.recallPod(podId)?.sandbox.request.runtimeHandler ?? "";
}
