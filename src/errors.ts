/**
 * The conditions that callers act on. All else is a plain `Error`.
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
 *
 * @module
 */

/** Something named does not exist: the family of all "unknown" errors. */
export class NotFoundError extends Error {
  static {
    this.prototype.name = "NotFoundError";
  }
}

/** No image of this name or ID is in the store. */
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

/** No container of this name or ID is in the store. */
export class ContainerNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "ContainerNotFoundError";
  }
}

/** No layer of this ID is in the store. */
export class LayerNotFoundError extends NotFoundError {
  static {
    this.prototype.name = "LayerNotFoundError";
  }
}

/** A pod name is missing or malformed. */
export class InvalidPodNameError extends TypeError {
  static {
    this.prototype.name = "InvalidPodNameError";
  }
}

/** An image name is missing or malformed. */
export class InvalidImageNameError extends TypeError {
  static {
    this.prototype.name = "InvalidImageNameError";
  }
}

/** A container name is missing or malformed. */
export class InvalidContainerNameError extends TypeError {
  static {
    this.prototype.name = "InvalidContainerNameError";
  }
}

/** A sandbox ID is missing, unknown, or that of no infra container. */
export class InvalidSandboxIdError extends NotFoundError {
  static {
    this.prototype.name = "InvalidSandboxIdError";
  }
}

/** A container ID is missing or unknown. */
export class InvalidContainerIdError extends NotFoundError {
  static {
    this.prototype.name = "InvalidContainerIdError";
  }
}

/** A container ID is in use already. */
export class DuplicateIdError extends Error {
  static {
    this.prototype.name = "DuplicateIdError";
  }
}

/** A name is in use already. */
export class DuplicateNameError extends Error {
  static {
    this.prototype.name = "DuplicateNameError";
  }
}

/** Something cannot be removed because others use it. */
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
}

/** Another process holds a lock for longer than the caller would wait. */
export class StoreBusyError extends Error {
  static {
    this.prototype.name = "StoreBusyError";
  }
}

/** The store's configuration or content is one that orlop must not touch. */
export class UnsupportedStoreError extends Error {
  static {
    this.prototype.name = "UnsupportedStoreError";
  }
}

/** Received bytes are not what their descriptor promised. */
export class BlobMismatchError extends Error {
  static {
    this.prototype.name = "BlobMismatchError";
  }
}

/** A manifest, index or config breaks its specification, or is no image. */
export class InvalidManifestError extends Error {
  static {
    this.prototype.name = "InvalidManifestError";
  }
}

/** An index offers nothing for the platform that was asked for. */
export class NoMatchingPlatformError extends InvalidManifestError {
  static {
    this.prototype.name = "NoMatchingPlatformError";
  }
}

/** A layer cannot be unpacked: its archive is damaged or hostile. */
export class InvalidLayerError extends Error {
  static {
    this.prototype.name = "InvalidLayerError";
  }
}

/** A registry answered with an error, or not at all. */
export class RegistryError extends Error {
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** The error code of the distribution-spec, such as `MANIFEST_UNKNOWN`. */
  readonly code: string;

  static {
    this.prototype.name = "RegistryError";
  }

  /** Makes one of an answer, or of none. */
  constructor(
    message: string,
    details: {
      readonly status?: number;
      readonly code?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.status = details.status ?? 0;
    this.code = details.code ?? "";
  }
}

/** A registry wants other credentials, or any. */
export class UnauthorizedError extends RegistryError {
  static {
    this.prototype.name = "UnauthorizedError";
  }
}

/** A thread must connect to a host that its permissions do not include. */
export class HostNotPermittedError extends Error {
  /** With its port if that is not the scheme's own. */
  readonly host: string;

  static {
    this.prototype.name = "HostNotPermittedError";
  }

  /** Makes one for a host. */
  constructor(message: string, host: string) {
    super(message);
    this.host = host;
  }
}

/** A configured policy forbids what was asked for. */
export class PolicyError extends Error {
  static {
    this.prototype.name = "PolicyError";
  }
}

/** The disk has no room for what was asked for. */
export class NoSpaceError extends Error {
  static {
    this.prototype.name = "NoSpaceError";
  }
}

/** A program that orlop calls is missing or failed. */
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
}
