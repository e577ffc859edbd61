/** Errors of processes of containers. */

import type { ErrorCategory } from "./category.ts";
import { NotFoundError } from "./not_found_errors.ts";

/**
 * Nothing runs in a container.
 *
 * @example
 * ```ts
 * import { ProcessNotFoundError } from "orlop";
 * const isOver = (error: unknown) => error instanceof ProcessNotFoundError;
 * ```
 */
export class ProcessNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "ProcessNotFoundError";
  }
}

/**
 * A command in a container exceeded its time limit, and was killed.
 *
 * @example
 * ```ts
 * import { type Agent, type ContainerId, execSync, ExecTimeoutError } from "orlop";
 * async function probe(agent: Agent, id: ContainerId): Promise<boolean> {
 *   try {
 *     const options = { command: ["probe"], timeoutMs: 1000 };
 *     return (await execSync(agent, id, options)).exitCode === 0;
 *   } catch (error) {
 *     if (error instanceof ExecTimeoutError) return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export class ExecTimeoutError extends Error {
  static {
    this.prototype.name = "ExecTimeoutError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "timeout";
  }
}
