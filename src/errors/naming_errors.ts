/** Errors of names and IDs: malformed, or in use already. */

import type { ErrorCategory } from "./category.ts";

/**
 * A pod name is missing or malformed.
 *
 * @example
 * ```ts
 * import {
 *   type CreatePodSandboxOptions,
 *   InvalidPodNameError,
 *   type RuntimeServer,
 * } from "orlop";
 * async function create(
 *   runtime: RuntimeServer,
 *   options: CreatePodSandboxOptions,
 * ): Promise<boolean> {
 *   try {
 *     await runtime.createPodSandbox(options);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof InvalidPodNameError) return false; // ask again
 *     throw error;
 *   }
 * }
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
 * import { type ImageServer, InvalidImageNameError } from "orlop";
 * async function pull(images: ImageServer, typed: string): Promise<boolean> {
 *   try {
 *     await images.pullImage(typed);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof InvalidImageNameError) return false; // ask again
 *     throw error;
 *   }
 * }
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
 * import {
 *   type CreateContainerOptions,
 *   InvalidContainerNameError,
 *   type RuntimeServer,
 * } from "orlop";
 * async function create(
 *   runtime: RuntimeServer,
 *   options: CreateContainerOptions,
 * ): Promise<boolean> {
 *   try {
 *     await runtime.createContainer(options);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof InvalidContainerNameError) return false; // ask again
 *     throw error;
 *   }
 * }
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
