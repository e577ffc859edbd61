/** A worker that tells of each step of a blob's progress. */

import { BlobProgress } from "../../../src/engine/transfer/blob_progress.ts";

declare const self: {
  onmessage: (event: MessageEvent<SharedArrayBuffer>) => void;
  postMessage(message: number | string): void;
};

self.onmessage = ({ data }) => {
  const progress = new BlobProgress(data);
  self.postMessage("ready");
  try {
    for (let seen = 0;;) {
      seen = progress.waitBeyond(seen);
      self.postMessage(seen);
    }
  } catch (error) {
    self.postMessage(error instanceof Error ? error.name : String(error));
  }
};
