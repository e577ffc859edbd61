/**
 * The worker that fetches and unpacks layers. It may reach that image's
 * registry hosts and write one staging directory, nothing else.
 */

import type { BlobAccess, BlobSource } from "../formats/blob_source.ts";
import { UnauthorizedError } from "../image_errors.ts";
import { readBlob } from "../registry/read_blob.ts";
import { unpackLayer } from "../store/unpack_layer.ts";
import {
  type LayerJob,
  toErrorData,
  type WorkerReport,
  type WorkerRequest,
} from "./layer_job.ts";
import { openAnyBlob } from "./open_any_blob.ts";
import { PartialBlob } from "./partial_blob.ts";

// Often enough for a progress bar, seldom enough to cost nothing.
const PROGRESS_MS = 100;

/** What this file sees of a worker's global scope. */
declare const self: {
  onmessage: (event: MessageEvent<WorkerRequest>) => void;
  postMessage(message: WorkerReport): void;
};

let giveAccess: (access: BlobAccess) => void = () => {};
let stop = new AbortController();

self.onmessage = ({ data: request }) => {
  switch (request.kind) {
    case "job":
      stop = new AbortController();
      runJob(request.job, stop.signal).catch((error: unknown) =>
        report({ kind: "failed", error: toErrorData(error) })
      );
      return;
    case "access":
      giveAccess(request.access);
      return;
    case "abort":
      stop.abort();
      return;
  }
};

async function runJob(job: LayerJob, signal: AbortSignal): Promise<void> {
  const { access, layer, directory, limits } = job;
  const unpacking = unpackLayer({ directory }, limits);
  const reportProgress = createProgressReporter();
  try {
    using partial = job.partial === undefined
      ? undefined
      : new PartialBlob(job.partial);
    const offset = partial?.replay(layer.size, (chunk) => {
      unpacking.write(chunk);
      reportProgress(chunk.byteLength);
    }) ?? 0;
    await readBlob(openWithRenewal(access), layer, (chunk) => {
      unpacking.write(chunk);
      partial?.append(chunk);
      reportProgress(chunk.byteLength);
    }, {
      offset,
      signal,
      onReconnect: (reason) => report({ kind: "retry", reason }),
    });
    report({ kind: "done", layer: unpacking.finish() });
  } catch (error) {
    unpacking.abort();
    throw error;
  }
}

function createProgressReporter(): (bytes: number) => void {
  let received = 0;
  let reportedAt = 0;
  return (bytes) => {
    received += bytes;
    const now = performance.now();
    if (now - reportedAt < PROGRESS_MS) return;
    reportedAt = now;
    report({ kind: "progress", received });
  };
}

/** Opens blobs; asks the main thread for a new token when one has run out. */
function openWithRenewal(first: BlobAccess): BlobSource["open"] {
  let access = first;
  return async (blob, options) => {
    try {
      return await openAnyBlob(access, blob, options);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      const renewed = Promise.withResolvers<BlobAccess>();
      giveAccess = renewed.resolve;
      report({ kind: "unauthorized" });
      access = await renewed.promise;
      return await openAnyBlob(access, blob, options);
    }
  };
}

function report(message: WorkerReport): void {
  self.postMessage(message);
}
