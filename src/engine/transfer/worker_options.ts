/** Permissions of the workers of a pull. */

import { fileWorkerOptions } from "../file_worker.ts";

/** The paths that a worker of a pull may access; absolute. */
export interface WorkerReach {
  /** Where the main thread writes blobs: readable. */
  readonly downloads: string;
  /** Local blobs, folders or files: readable. */
  readonly files?: readonly string[] | undefined;
  /** Where layers are unpacked: readable and writable. */
  readonly staging: string;
}

/** The permissions of a worker that unpacks layers. */
export function workerOptions(
  { downloads, files = [], staging }: WorkerReach,
): WorkerOptions {
  return fileWorkerOptions("unpack", {
    read: [staging, downloads, ...files],
    write: [staging],
  });
}
