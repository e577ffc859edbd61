/**
 * The worker that fetches blobs, checks and decompresses them. It may reach that
 * image's registry hosts and write the directory of downloads; it does not look
 * into archives.
 */

import { RingWriter } from "./chunk_ring.ts";
import { DownloadQueue } from "./download_queue.ts";
import type { ReceiveReport, ReceiveRequest } from "./layer_job.ts";

/** What this file sees of a worker's global scope. */
declare const self: {
  onmessage: (event: MessageEvent<ReceiveRequest>) => void;
  postMessage(message: ReceiveReport): void;
};

let queue: DownloadQueue | undefined;

self.onmessage = ({ data: request }) => {
  switch (request.kind) {
    case "ring":
      queue = new DownloadQueue(
        new RingWriter(request.memory),
        (report) => self.postMessage(report),
      );
      return;
    case "receive":
      return queue?.add(request.id, request.job);
    case "access":
      return queue?.giveAccess(request.id, request.access);
    case "abort":
      return queue?.abort(request.id);
  }
};
