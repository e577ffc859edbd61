/**
 * The worker that decompresses archives. It may read that file, and write the one
 * directory of its output; it has no network.
 */

import { expandFile, type ExpandJob } from "../../unpack/expand_file.ts";
import { type ErrorData, toErrorData } from "../error_data.ts";

/** What to decompress, and how to make it stop. */
export interface ExpandRequest {
  readonly job: ExpandJob;
  /** One number: any value but 0 stops it. */
  readonly stop: SharedArrayBuffer;
}

/** From the worker: after one of the last two it writes no more. */
export type ExpandReport =
  /** The number of bytes written so far. */
  | { readonly kind: "progress"; readonly bytes: number }
  /** It is done. */
  | { readonly kind: "expanded"; readonly bytes: number }
  | { readonly kind: "failed"; readonly error: ErrorData };

/** What this file sees of a worker's global scope. */
declare const self: {
  onmessage: (event: MessageEvent<ExpandRequest>) => void;
  postMessage(message: ExpandReport): void;
};

// How often the main thread checks the free space.
const REPORT_BYTES = 16 * 1024 * 1024;

self.onmessage = ({ data: { job, stop } }) => {
  const isStopped = new Int32Array(stop);
  let reported = 0;
  try {
    const bytes = expandFile(job, (bytes) => {
      if (Atomics.load(isStopped, 0) !== 0) {
        throw new DOMException("It was stopped", "AbortError");
      }
      if (bytes - reported < REPORT_BYTES) return;
      reported = bytes;
      self.postMessage({ kind: "progress", bytes });
    });
    self.postMessage({ kind: "expanded", bytes });
  } catch (error) {
    self.postMessage({ kind: "failed", error: toErrorData(error) });
  }
};
