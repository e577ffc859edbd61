/** Stops containers: ends their processes, and unmounts them. */

import { InvalidContainerIdError } from "../../errors/not_found_errors.ts";
import type { Agent } from "../agent.ts";
import type { UnmountMode } from "../mounts/unmount_layer.ts";
import { endNamed, type EndOptions } from "../containers/end_process.ts";
import { unmountContainer } from "./unmount_container.ts";
import { finishRemoval } from "./finish_removal.ts";
import { unlessGone } from "./unless_gone.ts";

/** How to stop a container. */
export interface StopContainerOptions extends EndOptions {
  /**
   * `"all"` unmounts whatever the count of users.
   *
   * @default {"one"}
   */
  readonly mode?: UnmountMode | undefined;
}

/**
 * Removes one user of a container's mount; the last one unmounts it. A container
 * that is not mounted is no error. Nothing is unmounted under a running process. If
 * the process is ended, a removal `"at-end"` is done, too.
 *
 * @returns Whether it is unmounted now.
 * @throws {InvalidContainerIdError} If `idOrName` is empty.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {InUseError} If a process runs in it, and is not ended.
 */
export async function stopContainer(
  agent: Agent,
  idOrName: string,
  options: StopContainerOptions = {},
): Promise<boolean> {
  if (idOrName === "") {
    throw new InvalidContainerIdError(
      `Cannot stop container "": invalid container ID: it is empty`,
    );
  }
  if (options.running !== "end") {
    return await unmountContainer(agent, idOrName, options);
  }
  const { mode, signal } = options;
  const verb = "stop";
  const ended = await endNamed(agent, [idOrName], { ...options, verb });
  let isUnmounted = true;
  for (const id of ended) {
    await unlessGone((async () => {
      isUnmounted = await unmountContainer(agent, id, { mode, signal });
    })());
    await finishRemoval(agent, id, { signal });
  }
  return isUnmounted;
}
