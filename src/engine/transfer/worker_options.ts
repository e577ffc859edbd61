/** What the workers of a pull may do. */

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
  const none = { env: false, ffi: false, import: false, net: false };
  const permissions = {
    ...{ ...none, run: false, sys: false },
    read: [staging, downloads, ...files],
    write: [staging],
  };
  return { type: "module", name: "unpack", deno: { permissions } };
}
