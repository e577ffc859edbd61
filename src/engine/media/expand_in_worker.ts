/** Decompresses archives in a worker without other permissions. */

import { dirname } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { ExpandJob } from "../../unpack/expand_file.ts";
import { fromErrorData } from "../error_data.ts";
import { fileWorkerOptions } from "../file_worker.ts";
import type { ExpandReport, ExpandRequest } from "./expand_worker.ts";

/** Called while it is decompressed. */
export interface ExpandHandlers extends Abortable {
  /** Called with the number of bytes written so far; an exception ends the work. */
  onProgress(bytes: number): void;
}

/**
 * Decompresses a file. After a failure nothing is written any more.
 *
 * @returns The number of bytes written.
 * @throws {InvalidLayerError} If it is damaged, or too large.
 * @throws {NoSpaceError} If the disk is full.
 */
export async function expandInWorker(
  job: ExpandJob,
  { signal, onProgress }: ExpandHandlers,
): Promise<number> {
  signal?.throwIfAborted();
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const outcome = Promise.withResolvers<number>();
  const worker = new Worker(
    new URL("./expand_worker.ts", import.meta.url),
    expandOptions(job),
  );
  let reason: unknown;
  const end = (why: unknown) => {
    reason ??= why;
    Atomics.store(new Int32Array(stop), 0, 1);
  };
  const abort = () => end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.onerror = (event) => {
    event.preventDefault(); // otherwise the error would end the process
    outcome.reject(new Error(`Cannot decompress: ${event.message}`));
  };
  worker.onmessage = ({ data }: MessageEvent<ExpandReport>) => {
    switch (data.kind) {
      case "progress":
        try {
          return onProgress(data.bytes);
        } catch (error) {
          return end(error);
        }
      case "expanded":
        return outcome.resolve(data.bytes);
      case "failed":
        return outcome.reject(reason ?? fromErrorData(data.error));
    }
  };
  try {
    worker.postMessage({ job, stop } satisfies ExpandRequest);
    return await outcome.promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    worker.terminate();
  }
}

/** The permissions of a worker that decompresses. */
export function expandOptions(
  { path, target }: Pick<ExpandJob, "path" | "target">,
): WorkerOptions {
  return fileWorkerOptions("expand", {
    read: [path],
    write: [dirname(target)],
  });
}
