/** Decompresses archives in a thread that may do nothing else. */

import { dirname } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { ExpandJob } from "../../unpack/expand_file.ts";
import { fromErrorData } from "../error_data.ts";
import { fileWorkerOptions } from "../file_worker.ts";
import type { ExpandReport, ExpandRequest } from "./expand_worker.ts";

/** Called while it is decompressed. */
export interface ExpandHandlers extends Abortable {
  /** Told how many bytes came out so far; what it throws ends it. */
  onProgress(bytes: number): void;
}

/**
 * Decompresses a file. When it has failed, nothing is written any more.
 *
 * @returns How many bytes came out.
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
    event.preventDefault(); // or it would end the whole process
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

/** What a worker that decompresses may do, and nothing else. */
export function expandOptions(
  { path, target }: Pick<ExpandJob, "path" | "target">,
): WorkerOptions {
  return fileWorkerOptions("expand", {
    read: [path],
    write: [dirname(target)],
  });
}
