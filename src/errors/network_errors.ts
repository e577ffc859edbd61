/** What keeps a pod from its network, or from being made at all. */

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
  /** Whether the same may work later: a plugin said so, or took too long. */
  readonly isTemporary: boolean;

  static {
    this.prototype.name = "NetworkError";
  }

  /** Makes one; it is worth a retry if its category is `"unavailable"`. */
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
 * A sandbox cannot be made as asked: something of the request is malformed, or may
 * not be had.
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
