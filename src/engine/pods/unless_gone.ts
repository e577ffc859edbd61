/** Tolerates that another process has removed the object meanwhile. */

import {
  ContainerNotFoundError,
  InvalidSandboxIdError,
} from "../../errors/not_found_errors.ts";

/** Awaits a removal or a stop; an object that is gone is no error. */
export async function unlessGone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    const isGone = error instanceof ContainerNotFoundError ||
      error instanceof InvalidSandboxIdError;
    if (!isGone) throw error;
  }
}
