/**
 * The conditions that callers act on, but for those of `image_errors.ts`. All
 * else is a plain `Error`.
 *
 * @module
 */

import type { ErrorCategory } from "./category.ts";

/**
 * Something named does not exist: the family of all "unknown" errors.
 *
 * @example
 * ```ts
 * import { ImageNotFoundError, type ImageServer, NotFoundError } from "orlop";
 * async function isStored(images: ImageServer, name: string): Promise<boolean> {
 *   try {
 *     await images.imageStatus(name);
 *     return true;
 *   } catch (error) {
 *     // Or all "unknown" errors at once: `error instanceof NotFoundError`.
 *     if (error instanceof ImageNotFoundError) return false;
 *     throw error;
 *   }
 * }
 * console.log(new ImageNotFoundError("why") instanceof NotFoundError); // true
 * ```
 */
export class NotFoundError extends Error {
  static {
    this.prototype.name = "NotFoundError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "not found";
  }
}

/**
 * No image of this name or ID is in the store.
 *
 * @example
 * ```ts
 * import { ImageNotFoundError } from "orlop";
 * const error = new ImageNotFoundError("why", { imageName: "busybox" });
 * console.log(error.imageName, error.imageId === ""); // busybox true
 * ```
 */
export class ImageNotFoundError extends NotFoundError {
  /** The name that was asked for, as typed; empty if only an ID was given. */
  readonly imageName: string;
  /** The ID that was asked for; empty if only a name was given. */
  readonly imageId: string;

  static {
    this.prototype.name = "ImageNotFoundError";
  }

  /** Makes one that tells what was asked for. */
  constructor(
    message: string,
    asked: { readonly imageName?: string; readonly imageId?: string } = {},
  ) {
    super(message);
    this.imageName = asked.imageName ?? "";
    this.imageId = asked.imageId ?? "";
  }
}

/**
 * No container of this name or ID is in the store.
 *
 * @example
 * ```ts
 * import { ContainerNotFoundError, NotFoundError } from "orlop";
 * console.log(new ContainerNotFoundError("why") instanceof NotFoundError); // true
 * ```
 */
export class ContainerNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "ContainerNotFoundError";
  }
}

/**
 * The beginning of an ID fits several containers or pods.
 *
 * @example
 * ```ts
 * import { AmbiguousIdError } from "orlop";
 * console.log(new AmbiguousIdError("why", ["ab1", "ab2"]).candidates.length); // 2
 * ```
 */
export class AmbiguousIdError extends ContainerNotFoundError {
  /** The IDs that begin so. */
  readonly candidates: readonly string[];

  static {
    this.prototype.name = "AmbiguousIdError";
  }

  /** Makes one that tells which it could be. */
  constructor(message: string, candidates: readonly string[]) {
    super(message);
    this.candidates = candidates;
  }
}

/**
 * No layer of this ID is in the store.
 *
 * @example
 * ```ts
 * import { LayerNotFoundError, NotFoundError } from "orlop";
 * console.log(new LayerNotFoundError("why") instanceof NotFoundError); // true
 * ```
 */
export class LayerNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "LayerNotFoundError";
  }
}

/**
 * A pod name is missing or malformed.
 *
 * @example
 * ```ts
 * import { InvalidPodNameError } from "orlop";
 * console.log(new InvalidPodNameError("why") instanceof TypeError); // true
 * ```
 */
export class InvalidPodNameError extends TypeError {
  static {
    this.prototype.name = "InvalidPodNameError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "invalid";
  }
}

/**
 * An image name is missing or malformed.
 *
 * @example
 * ```ts
 * import { InvalidImageNameError } from "orlop";
 * console.log(new InvalidImageNameError("why") instanceof TypeError); // true
 * ```
 */
export class InvalidImageNameError extends TypeError {
  static {
    this.prototype.name = "InvalidImageNameError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "invalid";
  }
}

/**
 * A container name is missing or malformed.
 *
 * @example
 * ```ts
 * import { InvalidContainerNameError } from "orlop";
 * const error = new InvalidContainerNameError("why");
 * console.log(error instanceof TypeError); // true
 * ```
 */
export class InvalidContainerNameError extends TypeError {
  static {
    this.prototype.name = "InvalidContainerNameError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "invalid";
  }
}

/**
 * A sandbox ID is missing, unknown, or that of no infra container.
 *
 * @example
 * ```ts
 * import { InvalidSandboxIdError, NotFoundError } from "orlop";
 * console.log(new InvalidSandboxIdError("why") instanceof NotFoundError); // true
 * ```
 */
export class InvalidSandboxIdError extends NotFoundError {
  static {
    this.prototype.name = "InvalidSandboxIdError";
  }
}

/**
 * A container ID is missing or unknown.
 *
 * @example
 * ```ts
 * import { InvalidContainerIdError, NotFoundError } from "orlop";
 * const error = new InvalidContainerIdError("why");
 * console.log(error instanceof NotFoundError); // true
 * ```
 */
export class InvalidContainerIdError extends NotFoundError {
  static {
    this.prototype.name = "InvalidContainerIdError";
  }
}

/**
 * A container ID is in use already.
 *
 * @example
 * ```ts
 * import { DuplicateIdError, type RuntimeServer } from "orlop";
 * async function ensurePod(runtime: RuntimeServer): Promise<void> {
 *   const imageName = "registry.k8s.io/pause:3.10";
 *   const pod = { podName: "web", podId: "web-1", containerName: "infra" };
 *   try {
 *     await runtime.createPodSandbox({ ...pod, imageName });
 *   } catch (error) {
 *     if (!(error instanceof DuplicateIdError)) throw error; // it is there
 *   }
 * }
 * ```
 */
export class DuplicateIdError extends Error {
  static {
    this.prototype.name = "DuplicateIdError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "exists";
  }
}

/**
 * A name is in use already.
 *
 * @example
 * ```ts
 * import {
 *   type CreateContainerOptions,
 *   DuplicateNameError,
 *   type RuntimeServer,
 * } from "orlop";
 * async function create(
 *   runtime: RuntimeServer,
 *   options: CreateContainerOptions,
 * ): Promise<string> {
 *   const { containerName } = options;
 *   for (let n = 1;; n++) {
 *     try {
 *       const name = n === 1 ? containerName : `${containerName}-${n}`;
 *       const made = { ...options, containerName: name };
 *       return (await runtime.createContainer(made)).id;
 *     } catch (error) {
 *       if (!(error instanceof DuplicateNameError)) throw error;
 *     }
 *   }
 * }
 * ```
 */
export class DuplicateNameError extends Error {
  static {
    this.prototype.name = "DuplicateNameError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "exists";
  }
}

/**
 * Something cannot be removed because others use it.
 *
 * @example
 * ```ts
 * import { InUseError } from "orlop";
 * console.log(new InUseError("why", ["web-1"]).users); // ["web-1"]
 * ```
 */
export class InUseError extends Error {
  /** Who uses it: names or IDs. */
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
 * What a store's files say cannot all be true: records were lost, say. Nothing
 * was changed, as whatever is not named might still be somebody's.
 *
 * @example
 * ```ts
 * import { DamagedStoreError, UnsupportedStoreError } from "orlop";
 * const error = new DamagedStoreError("why", { path: "/a/layers.json" });
 * console.log(error instanceof UnsupportedStoreError, error.path);
 * ```
 */
export class DamagedStoreError extends UnsupportedStoreError {
  /** The file in doubt; absolute. */
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
 * A file that a store keeps does not parse: it was damaged, or it is of a newer
 * orlop.
 *
 * @example
 * ```ts
 * import { DamagedFileError } from "orlop";
 * const error = new DamagedFileError("why", { path: "/a/config.json" });
 * console.log(error instanceof SyntaxError, error.path); // true /a/config.json
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
 * A configured policy forbids what was asked for.
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
 * console.log(new CommandError("why", { exitCode: 2 }).exitCode); // 2
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
