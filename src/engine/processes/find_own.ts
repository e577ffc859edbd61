/** Finds a container by a typed name, if it is orlop's. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { findContainer } from "../../store/find_container.ts";
import type { Agent } from "../agent.ts";
import { checkOwner, type ContainerVerb } from "../container_owner.ts";

/**
 * Finds a container by ID, name, ID of its layer, or prefix of its ID.
 *
 * @throws {ContainerNotFoundError} If there is none.
 * @throws {PolicyError} If it is another tool's.
 */
export async function findOwn(
  { store }: Agent,
  idOrName: string,
  { verb, ...options }: Abortable & { readonly verb: ContainerVerb },
): Promise<ContainerRecord> {
  using held = await store.lock({ containers: "read" }, options);
  const record = findContainer(held.containers, idOrName);
  checkOwner(store, record, { verb });
  return record;
}
