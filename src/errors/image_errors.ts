/**
 * Errors of transfers of images: a registry refuses, or its data is wrong.
 *
 * @module
 */

import type { ErrorCategory } from "./category.ts";

/**
 * Received bytes do not match their descriptor.
 *
 * @example
 * ```ts
 * import { BlobMismatchError, type ImageServer } from "orlop";
 * async function isGenuine(images: ImageServer, name: string): Promise<boolean> {
 *   try {
 *     await images.pullImage(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof BlobMismatchError) return false; // try no mirror again
 *     throw error;
 *   }
 * }
 * ```
 */
export class BlobMismatchError extends Error {
  static {
    this.prototype.name = "BlobMismatchError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "refused";
  }
}

/**
 * A manifest, index or config breaks its specification, or is no image.
 *
 * @example
 * ```ts
 * import { type ImageServer, InvalidManifestError } from "orlop";
 * async function isImage(images: ImageServer, name: string): Promise<boolean> {
 *   try {
 *     return await images.canPull(name);
 *   } catch (error) {
 *     // Such as a chart, or an image of Docker's schema 1.
 *     if (error instanceof InvalidManifestError) return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export class InvalidManifestError extends Error {
  static {
    this.prototype.name = "InvalidManifestError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "refused";
  }
}

/**
 * An index has no image for the requested platform.
 *
 * @example
 * ```ts
 * import { type ImageServer, NoMatchingPlatformError } from "orlop";
 * async function pull(images: ImageServer, name: string): Promise<boolean> {
 *   try {
 *     await images.pullImage(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof NoMatchingPlatformError) return false; // no such CPU
 *     throw error;
 *   }
 * }
 * ```
 */
export class NoMatchingPlatformError extends InvalidManifestError {
  static {
    this.prototype.name = "NoMatchingPlatformError";
  }

  /** What kind of condition it is. */
  override get category(): ErrorCategory {
    return "not found";
  }
}

/**
 * A layer cannot be unpacked: its archive is damaged or hostile.
 *
 * @example
 * ```ts
 * import { type ImageServer, InvalidLayerError } from "orlop";
 * async function pull(images: ImageServer, name: string): Promise<void> {
 *   try {
 *     await images.pullImage(name);
 *   } catch (error) {
 *     if (!(error instanceof InvalidLayerError)) throw error;
 *     console.log("damaged or hostile, nothing was kept:", error.message);
 *   }
 * }
 * ```
 */
export class InvalidLayerError extends Error {
  /** What is wrong with it, as the end of a sentence. */
  readonly why: string;
  /** The action that failed. */
  readonly verb: "decompress" | "unpack";

  static {
    this.prototype.name = "InvalidLayerError";
  }

  /**
   * Makes one that says what is wrong.
   *
   * @param details The digest of the layer, unless its reader does not know.
   */
  constructor(
    why: string,
    { verb = "unpack", digest }: {
      readonly verb?: InvalidLayerError["verb"];
      readonly digest?: string;
    } = {},
  ) {
    const layer = digest === undefined ? "the layer" : `layer "${digest}"`;
    super(`Cannot ${verb} ${layer}: ${why}`);
    this.why = why;
    this.verb = verb;
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "refused";
  }
}

/**
 * A digest that is to be preserved would change, as the destination needs another
 * form of the image.
 *
 * @example
 * ```ts
 * import { ChangedDigestError } from "orlop";
 * const mayConvert = (error: unknown) => error instanceof ChangedDigestError;
 * ```
 */
export class ChangedDigestError extends Error {
  static {
    this.prototype.name = "ChangedDigestError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "refused";
  }
}

/** The kinds of failures of a registry. */
export type RegistryFailure =
  /** There was no response. */
  | "unreachable"
  /** The response was an error. */
  | "answered"
  /** The response was malformed. */
  | "malformed"
  /** It redirected to a forbidden URL, or sent unsupported content. */
  | "untrusted"
  /** The response ended early, or was too slow. */
  | "interrupted";

/**
 * A registry responded with an error, or not at all.
 *
 * @example
 * ```ts
 * import { type ImageServer, RegistryError } from "orlop";
 * async function isOffered(images: ImageServer, name: string) {
 *   try {
 *     await images.pullImage(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof RegistryError && error.isImageUnknown) return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export class RegistryError extends Error {
  /**
   * The HTTP status of the response; 0 if there is none, or if it is not the cause.
   */
  readonly status: number;
  /** What went wrong. */
  readonly reason: RegistryFailure;
  /** The error code of the distribution-spec, such as `MANIFEST_UNKNOWN`. */
  readonly code: string;

  static {
    this.prototype.name = "RegistryError";
  }

  /**
   * Makes one from a response, or from none.
   *
   * @param details The reason is derived from the status if omitted.
   */
  constructor(
    message: string,
    details: {
      readonly status?: number;
      readonly reason?: RegistryFailure;
      readonly code?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.status = details.status ?? 0;
    this.reason = details.reason ??
      (this.status === 0 ? "unreachable" : "answered");
    this.code = details.code ?? "";
  }

  /**
   * What kind of condition it is: a missing image is not a failure of the registry.
   */
  get category(): ErrorCategory {
    return this.isImageUnknown ? "not found" : "unavailable";
  }

  /** Whether the image itself is missing, not only a blob of it. */
  get isImageUnknown(): boolean {
    return this.status === 404 && this.code !== "BLOB_UNKNOWN";
  }
}

/**
 * A registry requires credentials, or other ones.
 *
 * @example
 * ```ts
 * import { type ImageServer, UnauthorizedError } from "orlop";
 * async function pull(images: ImageServer, name: string): Promise<boolean> {
 *   try {
 *     await images.pullImage(name);
 *     return true;
 *   } catch (error) {
 *     if (error instanceof UnauthorizedError) return false; // ask for a password
 *     throw error;
 *   }
 * }
 * ```
 */
export class UnauthorizedError extends RegistryError {
  static {
    this.prototype.name = "UnauthorizedError";
  }
}

/**
 * The disk is full.
 *
 * @example
 * ```ts
 * import { type Agent, ImageServer, NoSpaceError, prune } from "orlop";
 * async function pull(agent: Agent, name: string): Promise<void> {
 *   const images = new ImageServer(agent);
 *   try {
 *     await images.pullImage(name);
 *   } catch (error) {
 *     if (!(error instanceof NoSpaceError)) throw error;
 *     await prune(agent, { images: "unused" });
 *     await images.pullImage(name);
 *   }
 * }
 * ```
 */
export class NoSpaceError extends Error {
  static {
    this.prototype.name = "NoSpaceError";
  }

  /** What kind of condition it is. */
  get category(): ErrorCategory {
    return "no space";
  }
}
