/** What a person did wrong on the command line. */

import type { ErrorCategory } from "../errors/category.ts";

/** The command line is wrong: exit code 2, and the usage is shown. */
export class UsageError extends Error {
  /** The words of the command that was recognised before the mistake. */
  readonly path: readonly string[];

  static {
    this.prototype.name = "UsageError";
  }

  constructor(message: string, path: readonly string[] = []) {
    super(message);
    this.path = path;
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "invalid";
  }
}
