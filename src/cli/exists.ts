/** Whether something is there, as an exit code. */

import { EXIT } from "./exit_code.ts";
import { isAbsence } from "./for_each_name.ts";

/** Tries to find something, and tells by podman's code whether it could. */
export function exists(find: () => unknown): number {
  try {
    find();
    return EXIT.ok;
  } catch (error) {
    if (isAbsence(error)) return EXIT.failed;
    throw error;
  }
}
