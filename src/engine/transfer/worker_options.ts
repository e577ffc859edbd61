/** What the workers of a pull may do. */

import { fileWorkerOptions } from "../file_worker.ts";

/** What a worker of a pull may reach: absolute paths. */
export interface WorkerReach {
  /** Where the main thread puts blobs: it may read them. */
  readonly downloads: string;
  /** Where blobs are that need not be downloaded, folders or files: likewise. */
  readonly files?: readonly string[] | undefined;
  /** Where layers are unpacked: it may read and write it. */
  readonly staging: string;
}

/** What a worker that unpacks layers may do, and nothing else. */
export function workerOptions(
  { downloads, files = [], staging }: WorkerReach,
): WorkerOptions {
  return fileWorkerOptions("unpack", {
    read: [staging, downloads, ...files],
    write: [staging],
  });
}
