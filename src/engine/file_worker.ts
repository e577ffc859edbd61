/** Permissions of workers that work on files. */

/** The absolute paths that such a worker may access. */
export interface FileReach {
  readonly read: string[];
  readonly write: string[];
}

/** The options of a worker that may read and write these files, and nothing else. */
export function fileWorkerOptions(
  name: string,
  reach: FileReach,
): WorkerOptions {
  const none = { env: false, ffi: false, import: false, net: false };
  const permissions = { ...{ ...none, run: false, sys: false }, ...reach };
  return { type: "module", name, deno: { permissions } };
}
