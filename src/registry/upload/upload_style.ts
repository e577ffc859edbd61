/** How a registry, and proxies before it, accept blobs. */

/** What was learned about a registry: used for later blobs. */
export class UploadStyle {
  /** `"one"` request for all of a blob, as registries want that know no chunks. */
  requests: "many" | "one" = "many";
  /** `"bytes"` go with a Content-Length, and are sent as a whole. */
  body: "stream" | "bytes" = "stream";
  /** The most that one request carries, in bytes, unless there is only one. */
  requestSize: number;
  /** What is kept of a blob until the server has it, in bytes. */
  readonly chunkSize: number;

  /** @param chunkSize If omitted, as for all but tests: 5 MiB. */
  constructor(chunkSize: number = DEFAULT_CHUNK_SIZE) {
    this.chunkSize = chunkSize;
    this.requestSize = chunkSize;
  }

  /** Sends less at once. @returns Whether that was possible. */
  shrink(): boolean {
    if (this.requestSize <= MIN_REQUEST_SIZE) return false;
    this.requestSize = Math.max(this.requestSize >> 2, MIN_REQUEST_SIZE);
    return true;
  }
}

// Two chunks for each layer are in memory; stores such as S3 accept no smaller
// parts.
const DEFAULT_CHUNK_SIZE = 5 * 1024 * 1024;
// A sixteenth of the usual default limit of proxies.
const MIN_REQUEST_SIZE = 64 * 1024;
