/** What was asked for is not there. */

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
 * There are no credentials for a registry where orlop keeps them.
 *
 * @example
 * ```ts
 * import { NotFoundError, NotLoggedInError } from "orlop";
 * console.log(new NotLoggedInError("why") instanceof NotFoundError); // true
 * ```
 */
export class NotLoggedInError extends NotFoundError {
  static {
    this.prototype.name = "NotLoggedInError";
  }
}
