/** Which exit code tells which condition; the only place that maps them. */

import {
  BlobMismatchError,
  InvalidLayerError,
  InvalidManifestError,
  NoMatchingPlatformError,
  RegistryError,
} from "../errors/image_errors.ts";
import {
  DamagedFileError,
  DuplicateIdError,
  DuplicateNameError,
  InUseError,
  InvalidContainerNameError,
  InvalidImageNameError,
  InvalidPodNameError,
  NotFoundError,
  PolicyError,
  StoreBusyError,
} from "../errors/store_errors.ts";
import { UsageError } from "./usage_error.ts";

/** Exit codes of every command but `run`, which passes on its container's. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  inUse: 4,
  refused: 5,
  network: 6,
  /** EX_TEMPFAIL of sysexits.h: try later. */
  busy: 75,
} as const;

/** Exit codes, and what they mean, for the help and the man page. */
export const EXIT_CODE_HELP: readonly (readonly [number | string, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.failed, "failed"],
  [EXIT.usage, "wrong usage"],
  [EXIT.notFound, "not found"],
  [EXIT.inUse, "in use, or the name is taken"],
  [EXIT.refused, "refused by policy or verification"],
  [EXIT.network, "registry or network"],
  [EXIT.busy, "the store is busy, try later"],
  ["125-127", "of `run`: orlop failed, cannot execute, no such command"],
  ["130, 143", "ended by SIGINT, SIGTERM"],
];

const CODES: readonly [new (...args: never[]) => Error, number][] = [
  [UsageError, EXIT.usage],
  [InvalidPodNameError, EXIT.usage],
  [InvalidImageNameError, EXIT.usage],
  [InvalidContainerNameError, EXIT.usage],
  // Before its family: nobody typed what stands in a store's files.
  [DamagedFileError, EXIT.failed],
  // Text that does not parse: a name or a platform, as typed.
  [SyntaxError, EXIT.usage],
  [NotFoundError, EXIT.notFound],
  [NoMatchingPlatformError, EXIT.notFound],
  [InUseError, EXIT.inUse],
  [DuplicateIdError, EXIT.inUse],
  [DuplicateNameError, EXIT.inUse],
  [PolicyError, EXIT.refused],
  [BlobMismatchError, EXIT.refused],
  [InvalidManifestError, EXIT.refused],
  [InvalidLayerError, EXIT.refused],
  [StoreBusyError, EXIT.busy],
];

/** Finds the exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof RegistryError) {
    // A registry that answers "there is no such image" works well.
    return error.isImageUnknown ? EXIT.notFound : EXIT.network;
  }
  if (error instanceof SuppressedError) return exitCodeOf(error.suppressed);
  if (error instanceof AggregateError) return exitCodeOf(error.errors[0]);
  const found = CODES.find(([kind]) => error instanceof kind);
  return found === undefined ? EXIT.failed : found[1];
}
