/**
 * The worker that unpacks archives, which it reads from a ring. It may write one
 * staging directory, nothing else: it reaches no host, and is the only one that
 * reads what is in a layer.
 */

import { type UnpackedArchive, unpackLayer } from "../store/unpack_layer.ts";
import { RingReader } from "./chunk_ring.ts";
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

let ring: RingReader | undefined;

self.onmessage = ({ data: request }) => {
  switch (request.kind) {
    case "ring":
      ring = new RingReader(request.memory);
      return;
    case "unpack":
      if (ring !== undefined) runJob(request.id, request.job, ring);
      return;
  }
};

function runJob(id: number, job: UnpackJob, ring: RingReader): void {
  ring.begin(id);
  try {
    report({ id, kind: "unpacked", archive: unpack(id, job, ring) });
  } catch (error) {
    report({ id, kind: "failed", error: toErrorData(error) });
  }
  // At once after the report, or else its sender would wait for room.
  ring.skip();
}

function unpack(
  id: number,
  { directory, limits }: UnpackJob,
  ring: RingReader,
): UnpackedArchive {
  const unpacking = unpackLayer({
    directory,
    onWritten: (path, bytes) => report({ id, kind: "written", path, bytes }),
  }, limits);
  try {
    for (let chunk = ring.next(); chunk !== undefined; chunk = ring.next()) {
      // A copy of its own: what was hashed is what is unpacked, whatever the
      // other worker does. And the checksum of files is fastest there.
      const copy = unpacking.buffer.subarray(0, chunk.length);
      copy.set(chunk);
      ring.release();
      unpacking.write(copy);
    }
    return unpacking.finish();
  } catch (error) {
    unpacking.abort();
    throw error;
  }
}

function report(message: UnpackReport): void {
  self.postMessage(message);
}
