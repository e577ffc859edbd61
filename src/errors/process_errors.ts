/** What keeps somebody from working with the process of a container. */

import type { ErrorCategory } from "./category.ts";
import { NotFoundError } from "./not_found_errors.ts";

/** Nothing runs in a container. */
export class ProcessNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "ProcessNotFoundError";
  }
}

/** A command in a container took longer than it was given; it was ended. */
export class ExecTimeoutError extends Error {
  static {
    this.prototype.name = "ExecTimeoutError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "timeout";
  }
}
