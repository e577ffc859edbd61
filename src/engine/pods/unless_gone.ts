/** Puts away what others may have put away meanwhile. */

import {
  ContainerNotFoundError,
  InvalidSandboxIdError,
} from "../../errors/not_found_errors.ts";

/** Waits for the end of a removal, or of a stop: what is gone is fine, too. */
export async function unlessGone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    const isGone = error instanceof ContainerNotFoundError ||
      error instanceof InvalidSandboxIdError;
    if (!isGone) throw error;
  }
}
