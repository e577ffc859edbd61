/** Changes the resource limits of an existing container. */

import type { Abortable } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import { toBytes } from "../../formats/bytes.ts";
import { formatSpecPart } from "../../formats/oci/runtime_spec.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { runCommand } from "../../process/run_command.ts";
import type { Agent } from "../agent.ts";
import { findRuntimesOf, stateFlags } from "../runtimes/find_runtime.ts";
import { runtimeMessage } from "../runtimes/runtime_message.ts";

/** The new limits. */
export interface UpdateResourcesOptions extends Abortable {
  /** As `linux.resources` of the OCI runtime-spec; omitted members stay. */
  readonly resources: Readonly<Record<string, unknown>>;
}

/**
 * Changes the limits of a container that has a process.
 *
 * @throws {CommandError} If the runtime cannot, or has no such process.
 */
export async function updateResources(
  agent: Agent,
  id: ContainerId,
  { resources, signal }: UpdateResourcesOptions,
): Promise<void> {
  const [runtime] = findRuntimesOf(agent, id);
  if (runtime?.program === undefined) {
    throw new CommandError(
      `Cannot change the limits of container "${id}": no runtime has it`,
    );
  }
  const args = [...stateFlags(runtime), "update", "--resources", "-", id];
  const { code, stderr } = await runCommand(runtime.program, args, {
    stdin: toBytes(formatSpecPart(resources)),
    okCodes: "any",
    signal,
  });
  if (code === 0) return;
  throw new CommandError(
    `Cannot change the limits of container "${id}": ${runtimeMessage(stderr)}`,
    { exitCode: code },
  );
}
