/// <reference lib="deno.worker" />
/** A worker that reads one blob, with the permissions that it is given. */

import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import { readBlob } from "../../../src/registry/blobs/read_blob.ts";
import { type HttpBlobAccess, httpBlobs } from "../servers/http_blobs.ts";

/** What the worker is asked for. */
export interface BlobRequest {
  readonly access: HttpBlobAccess;
  readonly blob: Descriptor;
}

self.addEventListener(
  "message",
  async ({ data }: MessageEvent<BlobRequest>) => {
    let size = 0;
    using blobs = httpBlobs(data.access);
    try {
      await readBlob(
        blobs.open,
        data.blob,
        (chunk) => size += chunk.byteLength,
      );
      self.postMessage({ size });
    } catch (error) {
      self.postMessage({ error: String(error) });
    }
  },
);
