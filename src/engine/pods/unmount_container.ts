/** Unmounts containers, by the count of their users. */

import type { Abortable } from "../../errors/abort.ts";
import { findContainer } from "../../store/find_container.ts";
import { lendReserve } from "../../store/records/reserve.ts";
import type { HeldLocks } from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { groupByStore, type GroupedCall, prepareAll } from "../call_group.ts";
import { splitByLayer } from "../mounts/attempts.ts";
import { checkOwner } from "../container_owner.ts";
import { checkIdle } from "../containers/container_status.ts";
import {
  unmountLayers,
  type UnmountMode,
  type UnmountRequest,
} from "../mounts/unmount_layer.ts";
import { MOUNT_LOCKS } from "../mounts/mount_counts.ts";

const STOP_LOCKS = { ...MOUNT_LOCKS, containers: "read" } as const;

/** How to unmount a container. */
export interface UnmountContainerOptions extends Abortable {
  /**
   * `"all"` unmounts whatever the count of users.
   *
   * @default {"one"}
   */
  readonly mode?: UnmountMode | undefined;
}

/**
 * Removes one user of a container's mount; the last one unmounts it. A container
 * that is not mounted is no error. Nothing is unmounted under a running process.
 *
 * @returns Whether it is unmounted now.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {InUseError} If a process runs in it.
 */
export async function unmountContainer(
  agent: Agent,
  idOrName: string,
  options: UnmountContainerOptions = {},
): Promise<boolean> {
  return await unmountInGroup({ agent, idOrName, options }, options);
}

interface UnmountContainerRequest {
  readonly agent: Agent;
  readonly idOrName: string;
  readonly options: UnmountContainerOptions;
}

type UnmountCall = GroupedCall<UnmountContainerRequest, boolean>;

const unmountInGroup = groupByStore<UnmountContainerRequest, boolean>(
  unmountAll,
);

async function unmountAll(
  store: Store,
  take: () => readonly UnmountCall[],
  options: Abortable,
): Promise<void> {
  using _reserve = lendReserve(store);
  using held = await store.lock(STOP_LOCKS, options);
  for (let calls = take(); calls.length > 0;) {
    const ready = await prepareAll(calls, (call) => prepareUnmount(call, held));
    const { batch, later } = splitByLayer(ready);
    const requests = batch.map(({ request }) => request);
    const ended = await unmountLayers(held, requests);
    batch.forEach(({ call }, index) => {
      const result = ended[index];
      if (result?.status === "fulfilled") call.resolve(result.value);
      else call.reject(result?.reason);
    });
    calls = later.map(({ call }) => call);
  }
}

// deno-lint-ignore require-await -- a throw becomes a rejection
async function prepareUnmount(
  call: UnmountCall,
  { containers }: HeldLocks<typeof STOP_LOCKS>,
): Promise<{ readonly call: UnmountCall; readonly request: UnmountRequest }> {
  const { agent, idOrName, options } = call.request;
  const container = findContainer(containers, idOrName);
  checkOwner(agent.store, container, { verb: "stop" });
  const checkLast = () =>
    checkIdle(agent, container, { ...options, verb: "unmount" });
  const { layer: layerId } = container;
  return { call, request: { ...options, agent, layerId, checkLast } };
}
