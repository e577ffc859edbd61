/**
 * The worker that decompresses and unpacks layers, from files that still grow. It
 * may read those and write one staging directory; it has no network.
 */

import { closeSync, openSync, readSync } from "node:fs";
import type { Bytes } from "../../formats/bytes.ts";
import { algorithmOf } from "../../formats/oci/digest.ts";
import { unpackBlob, type UnpackedLayer } from "../../unpack/unpack_blob.ts";
import { toErrorData } from "../error_data.ts";
import { BlobProgress } from "./blob_progress.ts";
import { limitReports } from "../progress/limit_reports.ts";
import type { UnpackJob, UnpackReport } from "./layer_job.ts";

/** What this file sees of a worker's global scope. */
declare const self: {
  onmessage: (event: MessageEvent<UnpackJob>) => void;
  postMessage(message: UnpackReport): void;
};

// A compromise between calls and memory.
const BUFFER_BYTES = 256 * 1024;
const buffer = new Uint8Array(BUFFER_BYTES);

self.onmessage = ({ data: job }) => {
  try {
    self.postMessage({ kind: "unpacked", layer: unpack(job) });
  } catch (error) {
    self.postMessage({ kind: "failed", error: toErrorData(error) });
  }
};

function unpack(job: UnpackJob): UnpackedLayer {
  const progress = new BlobProgress(job.progress);
  const unpacker = unpackBlob({
    directory: job.directory,
    algorithm: algorithmOf(job.digest),
    // A few bytes of a blob may take seconds to unpack.
    onArchive: () => progress.throwIfStopped(),
    onWritten: (path, bytes) =>
      self.postMessage({ kind: "written", path, bytes }),
  }, job.limits);
  const report = limitReports((read) =>
    self.postMessage({ kind: "progress", read })
  );
  try {
    let read = 0;
    for (const chunk of readGrowing(job, progress)) {
      unpacker.write(chunk);
      read += chunk.length;
      report(read);
    }
    return unpacker.finish();
  } catch (error) {
    unpacker.abort();
    throw error;
  }
}

/** Reads a blob whose file may grow; each chunk is valid until the next. */
function* readGrowing(
  { path, offset: start, digest }: UnpackJob,
  progress: BlobProgress,
): Generator<Bytes> {
  let size = progress.waitBeyond(0); // before that the file may not exist
  const fd = openSync(path, "r");
  try {
    for (let offset = 0; offset < size;) {
      const room = Math.min(buffer.length, size - offset);
      const count = readSync(fd, buffer, 0, room, start + offset);
      if (count === 0) {
        throw new Error(`Cannot read layer "${digest}": it is gone`);
      }
      yield buffer.subarray(0, count);
      offset += count;
      size = progress.waitBeyond(offset);
    }
  } finally {
    closeSync(fd);
  }
}
