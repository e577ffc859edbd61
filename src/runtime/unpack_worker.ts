/**
 * The worker that decompresses and unpacks layers, from files that grow meanwhile.
 * It may read those and write one staging directory; it reaches no host.
 */

import { closeSync, openSync, readSync } from "node:fs";
import { unpackBlob, type UnpackedLayer } from "../store/unpack_blob.ts";
import { BlobProgress } from "./blob_progress.ts";
import {
  toErrorData,
  type UnpackJob,
  type UnpackReport,
  type UnpackRequest,
} from "./layer_job.ts";

/** What this file sees of a worker's global scope. */
declare const self: {
  onmessage: (event: MessageEvent<UnpackRequest>) => void;
  postMessage(message: UnpackReport): void;
};

// Few calls, and no more than what is at hand for the decompressor.
const BUFFER_BYTES = 256 * 1024;
const buffer = new Uint8Array(BUFFER_BYTES);
// Often enough for a progress bar, seldom enough to cost nothing.
const PROGRESS_MS = 100;

self.onmessage = ({ data: { job } }) => {
  try {
    self.postMessage({ kind: "unpacked", layer: unpack(job) });
  } catch (error) {
    self.postMessage({ kind: "failed", error: toErrorData(error) });
  }
};

function unpack({ blob, directory, limits }: UnpackJob): UnpackedLayer {
  const progress = new BlobProgress(blob.progress);
  const unpacker = unpackBlob({
    directory,
    // Some bytes of a blob may be seconds of work.
    onArchive: () => progress.throwIfStopped(),
    onWritten: (path, bytes) =>
      self.postMessage({ kind: "written", path, bytes }),
  }, limits);
  try {
    // Only now is there something in it, or it is complete.
    let size = progress.waitBeyond(0);
    let reportedAt = 0;
    const fd = openSync(blob.path, "r");
    try {
      for (let offset = 0; offset < size;) {
        const room = Math.min(buffer.length, size - offset);
        const count = readSync(fd, buffer, 0, room, offset);
        if (count === 0) throw new Error("Cannot read the layer: it is gone");
        unpacker.write(buffer.subarray(0, count));
        offset += count;
        const now = performance.now();
        if (now - reportedAt >= PROGRESS_MS) {
          reportedAt = now;
          self.postMessage({ kind: "progress", read: offset });
        }
        size = progress.waitBeyond(offset);
      }
    } finally {
      closeSync(fd);
    }
    return unpacker.finish();
  } catch (error) {
    unpacker.abort();
    throw error;
  }
}
