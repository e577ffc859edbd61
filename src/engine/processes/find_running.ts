/** Finds the running process of a container. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import type { Agent } from "../agent.ts";
import { findActivity, isSeenRunning } from "../containers/container_status.ts";
import type { RuntimeProcess } from "../runtimes/oci_runtime.ts";

/**
 * Finds it.
 *
 * @param doing The action, for the message: `list the processes of`.
 * @throws {Error} If nothing runs in the container.
 */
export async function findRunning(
  agent: Agent,
  { id, names }: Pick<ContainerRecord, "id" | "names">,
  { doing, signal }: Abortable & { readonly doing: string },
): Promise<RuntimeProcess> {
  const { process } = await findActivity(agent, id, { signal });
  if (process !== undefined) return process;
  throw new Error(
    `Cannot ${doing} container "${names?.[0] ?? id}": nothing runs in it`,
  );
}

/**
 * Requires a running process, usually without asking the runtime.
 *
 * @throws {Error} As `findRunning()` does.
 */
export async function requireRunning(
  agent: Agent,
  record: Pick<ContainerRecord, "id" | "names">,
  options: Abortable & { readonly doing: string },
): Promise<void> {
  if (isSeenRunning(agent, record.id)) return;
  await findRunning(agent, record, options);
}
