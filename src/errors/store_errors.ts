/** Errors of stores, policies and programs. */

import type { ErrorCategory } from "./category.ts";

/**
 * An object cannot be removed because it is in use.
 *
 * @example
 * ```ts
 * import { InUseError } from "orlop";
 * function usersIn(error: unknown): readonly string[] {
 *   return error instanceof InUseError ? error.users : [];
 * }
 * ```
 */
export class InUseError extends Error {
  /** Its users: names or IDs. */
  readonly users: readonly string[];

  static {
    this.prototype.name = "InUseError";
  }

  /** Makes one that names the users. */
  constructor(message: string, users: readonly string[]) {
    super(message);
    this.users = users;
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "in use";
  }
}

/**
 * Another process holds a lock for longer than the caller would wait.
 *
 * @example
 * ```ts
 * import { StoreBusyError } from "orlop";
 * const isWorthARetry = (error: unknown) => error instanceof StoreBusyError;
 * ```
 */
export class StoreBusyError extends Error {
  static {
    this.prototype.name = "StoreBusyError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "busy";
  }
}

/**
 * The store's configuration or content is one that orlop must not touch.
 *
 * @example
 * ```ts
 * import { type Agent, openAgent, UnsupportedStoreError } from "orlop";
 * function open(root: string): Agent | undefined {
 *   try {
 *     return openAgent({ root, runRoot: `${root}/run`, ifMissing: "leave" });
 *   } catch (error) {
 *     if (error instanceof UnsupportedStoreError) return undefined;
 *     throw error;
 *   }
 * }
 * console.log(open("relative")); // undefined
 * ```
 */
export class UnsupportedStoreError extends Error {
  static {
    this.prototype.name = "UnsupportedStoreError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "damaged";
  }
}

/**
 * The files of a store are damaged or contradict each other, for example after a
 * loss of records. Nothing was changed, as objects without a record might be in
 * use.
 *
 * @example
 * ```ts
 * import { DamagedStoreError } from "orlop";
 * function fileToRestore(error: unknown): string {
 *   return error instanceof DamagedStoreError ? error.path : "";
 * }
 * ```
 */
export class DamagedStoreError extends UnsupportedStoreError {
  /** The damaged or inconsistent file; absolute. */
  readonly path: string;

  static {
    this.prototype.name = "DamagedStoreError";
  }

  /** Makes one for a file. */
  constructor(
    message: string,
    details: { readonly path: string; readonly cause?: unknown },
  ) {
    super(message, { cause: details.cause });
    this.path = details.path;
  }
}

/**
 * A file of a store, or of credentials, does not parse: it is damaged, or from a
 * newer program.
 *
 * @example
 * ```ts
 * import { DamagedFileError } from "orlop";
 * function fileToRepair(error: unknown): string {
 *   return error instanceof DamagedFileError ? error.path : "";
 * }
 * ```
 */
export class DamagedFileError extends SyntaxError {
  /** The file; absolute. */
  readonly path: string;

  static {
    this.prototype.name = "DamagedFileError";
  }

  /** Makes one for a file. */
  constructor(
    message: string,
    details: { readonly path: string; readonly cause?: unknown },
  ) {
    super(message, { cause: details.cause });
    this.path = details.path;
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "damaged";
  }
}

/**
 * A configured policy forbids the request.
 *
 * @example
 * ```ts
 * import { type ImageServer, PolicyError } from "orlop";
 * async function tidy(images: ImageServer): Promise<void> {
 *   for (const { id } of await images.listImages()) {
 *     try {
 *       await images.removeImage(id);
 *     } catch (error) {
 *       if (!(error instanceof PolicyError)) throw error; // pinned: it stays
 *     }
 *   }
 * }
 * ```
 */
export class PolicyError extends Error {
  static {
    this.prototype.name = "PolicyError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "refused";
  }
}

/**
 * A program that orlop calls is missing or failed.
 *
 * @example
 * ```ts
 * import { CommandError } from "orlop";
 * function exitCodeOf(error: unknown): number {
 *   return error instanceof CommandError ? error.exitCode : 0;
 * }
 * ```
 */
export class CommandError extends Error {
  /** The program's exit code; -1 if it could not be started. */
  readonly exitCode: number;

  static {
    this.prototype.name = "CommandError";
  }

  /** Makes one of a program's end. */
  constructor(
    message: string,
    details: { readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.exitCode = details.exitCode ?? -1;
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "internal";
  }
}
