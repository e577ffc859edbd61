/** What the workers of a pull may do. */

import type { BlobAccess } from "../formats/blob_source.ts";

/** Where the workers of a pull find their work. */
export interface WorkerReach {
  /** Where blobs come from; those of a layout are read where they are. */
  readonly access: BlobAccess;
  /** Where the main thread puts blobs: they may read it. */
  readonly downloads: string;
  /** Where layers are unpacked: they may read and write it. */
  readonly staging: string;
}

/** What a worker that unpacks layers may do, and nothing else. */
export function workerOptions(
  { access, downloads, staging }: WorkerReach,
): WorkerOptions {
  const layouts = access.kind === "layout" ? [access.directory] : [];
  const none = { env: false, ffi: false, import: false, net: false };
  const permissions = {
    ...{ ...none, run: false, sys: false },
    read: [staging, downloads, ...layouts],
    write: [staging],
  };
  return { type: "module", name: "unpack", deno: { permissions } };
}
