/** Errors of missing objects. */

import type { ErrorCategory } from "./category.ts";

/**
 * A named object does not exist: the base class of all such errors.
 *
 * @example
 * ```ts
 * import { NotFoundError, type RuntimeServer } from "orlop";
 * async function remove(
 *   runtime: RuntimeServer,
 *   name: string,
 * ): Promise<boolean> {
 *   try {
 *     await runtime.deleteContainer(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof NotFoundError) return false; // gone already
 *     throw error;
 *   }
 * }
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
 * import { ImageNotFoundError, type ImageServer } from "orlop";
 * async function remove(images: ImageServer, name: string): Promise<boolean> {
 *   try {
 *     await images.removeImage(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof ImageNotFoundError) return false; // gone already
 *     throw error;
 *   }
 * }
 * ```
 */
export class ImageNotFoundError extends NotFoundError {
  /** The requested name, as typed; empty if only an ID was given. */
  readonly imageName: string;
  /** The requested ID; empty if only a name was given. */
  readonly imageId: string;

  static {
    this.prototype.name = "ImageNotFoundError";
  }

  /** Makes one for a request. */
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
 * import { ContainerNotFoundError, type RuntimeServer } from "orlop";
 * async function remove(
 *   runtime: RuntimeServer,
 *   name: string,
 * ): Promise<boolean> {
 *   try {
 *     await runtime.deleteContainer(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof ContainerNotFoundError) return false; // gone already
 *     throw error;
 *   }
 * }
 * ```
 */
export class ContainerNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "ContainerNotFoundError";
  }
}

/**
 * A prefix of an ID matches several containers or pods.
 *
 * @example
 * ```ts
 * import { AmbiguousIdError } from "orlop";
 * function candidates(error: unknown): readonly string[] {
 *   return error instanceof AmbiguousIdError ? error.candidates : [];
 * }
 * ```
 */
export class AmbiguousIdError extends ContainerNotFoundError {
  /** The matching IDs. */
  readonly candidates: readonly string[];

  static {
    this.prototype.name = "AmbiguousIdError";
  }

  /** Makes one with the matching IDs. */
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
 * import { LayerNotFoundError, type RuntimeServer } from "orlop";
 * async function start(
 *   runtime: RuntimeServer,
 *   name: string,
 * ): Promise<boolean> {
 *   try {
 *     await runtime.startContainer(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof LayerNotFoundError) return false; // see repairStore()
 *     throw error;
 *   }
 * }
 * ```
 */
export class LayerNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "LayerNotFoundError";
  }
}

/**
 * A sandbox ID is missing, unknown, or that of no infra container.
 *
 * @example
 * ```ts
 * import { InvalidSandboxIdError, type RuntimeServer } from "orlop";
 * async function remove(
 *   runtime: RuntimeServer,
 *   pod: string,
 * ): Promise<boolean> {
 *   try {
 *     await runtime.removePodSandbox(pod);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof InvalidSandboxIdError) return false; // gone already
 *     throw error;
 *   }
 * }
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
 * import { InvalidContainerIdError, type RuntimeServer } from "orlop";
 * async function start(
 *   runtime: RuntimeServer,
 *   name: string,
 * ): Promise<boolean> {
 *   try {
 *     await runtime.startContainer(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof InvalidContainerIdError) return false; // nothing to start
 *     throw error;
 *   }
 * }
 * ```
 */
export class InvalidContainerIdError extends NotFoundError {
  static {
    this.prototype.name = "InvalidContainerIdError";
  }
}

/**
 * There are no credentials for a registry where orlop keeps them.
 *
 * @example
 * ```ts
 * import { logOut, NotLoggedInError } from "orlop";
 * async function leave(registry: string): Promise<boolean> {
 *   try {
 *     await logOut(registry);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof NotLoggedInError) return false; // as it should be
 *     throw error;
 *   }
 * }
 * ```
 */
export class NotLoggedInError extends NotFoundError {
  static {
    this.prototype.name = "NotLoggedInError";
  }
}
