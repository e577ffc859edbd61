/** Finds containers that commands can be run in. */

import { InUseError } from "../../../errors/store_errors.ts";
import type { RuntimeContext } from "../runtime_context.ts";
import { refuse } from "../state/check_text.ts";
import { findOwnContainer } from "../state/find_objects.ts";
import type { OwnContainer } from "../state/known_objects.ts";
import { isRunning } from "./list_containers.ts";

/** @throws {TypeError} If it is no command. */
export function checkCommand(command: readonly string[]): void {
  const [program = ""] = command;
  if (program === "") refuse("command", "", "it names no program");
  if (command.some((word) => word.includes("\0"))) {
    refuse("command", program, "it has a NUL");
  }
}

/**
 * Finds a container that runs.
 *
 * @throws {ContainerNotFoundError} If there is no such container.
 * @throws {PolicyError} If it was not made by CRI.
 * @throws {InUseError} If it does not run.
 */
export async function findRunning(
  { objects }: RuntimeContext,
  containerId: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<OwnContainer> {
  const known = await findOwnContainer(objects, containerId, {
    ...{ verb: "run a command in", command: "exec", signal },
  });
  if (isRunning(known.note.status)) return known;
  throw new InUseError(
    `Cannot run a command in container "${known.id}": it does not run`,
    [known.id],
  );
}
