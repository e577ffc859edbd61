/** Errors of networks and sandboxes. */

import type { ErrorCategory } from "./category.ts";

/**
 * A network cannot be joined or left, or there is none: its configuration or one of
 * its plugins is missing or failed.
 *
 * @example
 * ```ts
 * import { NetworkError } from "orlop";
 * function pluginOf(error: unknown): string {
 *   return error instanceof NetworkError ? error.plugin : "";
 * }
 * ```
 */
export class NetworkError extends Error {
  /** The type of the plugin that failed, such as `bridge`; `""` if it is none. */
  readonly plugin: string;
  /** Whether a retry may succeed: a plugin reported so, or timed out. */
  readonly isTemporary: boolean;

  static {
    this.prototype.name = "NetworkError";
  }

  /** Makes one; a retry may succeed if its category is `"unavailable"`. */
  constructor(
    message: string,
    details: {
      readonly plugin?: string;
      readonly category?: "unavailable" | "internal";
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.plugin = details.plugin ?? "";
    this.isTemporary = details.category === "unavailable";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return this.isTemporary ? "unavailable" : "internal";
  }
}

/**
 * A sandbox cannot be made: its request is malformed, or not allowed.
 *
 * @example
 * ```ts
 * import { InvalidSandboxError } from "orlop";
 * const isWrong = (error: unknown) => error instanceof InvalidSandboxError;
 * ```
 */
export class InvalidSandboxError extends TypeError {
  static {
    this.prototype.name = "InvalidSandboxError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "invalid";
  }
}
