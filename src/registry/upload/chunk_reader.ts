/** Reads a blob chunk by chunk, and computes its digest. */

import { createHash } from "node:crypto";
import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import { endDigest } from "../../formats/oci/digest_of.ts";

/** A chunk of a blob, valid until the second next read. */
export interface Chunk {
  /** Where it begins in the blob, in bytes. */
  readonly start: number;
  readonly bytes: Bytes;
  /** Whether the blob ends with it. */
  readonly isLast: boolean;
}

/** Reads a stream by chunks of one size. Dispose it when no more is wanted. */
export class ChunkReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #hash = createHash("sha256");
  readonly #chunkSize: number;
  readonly #signal: AbortSignal | undefined;
  // One is sent while the next one is read.
  #buffers: readonly [Bytes, Bytes];
  /** What was read beyond the last chunk; undefined before the first piece. */
  #rest: Bytes | undefined;
  #isOver = false;
  #size = 0;

  /** @param chunkSize In bytes. */
  constructor(
    stream: ReadableStream<Bytes>,
    { chunkSize, signal }: Abortable & { readonly chunkSize: number },
  ) {
    this.#reader = stream.getReader();
    this.#chunkSize = chunkSize;
    this.#signal = signal;
    this.#buffers = [new Uint8Array(), new Uint8Array()];
    signal?.addEventListener("abort", this.#stop, { once: true });
  }

  /** How many bytes were read. */
  get size(): number {
    return this.#size;
  }

  /** Of all that was read; call it once, at the end. */
  digest(): Digest {
    return endDigest(this.#hash);
  }

  /** Reads the next chunk: a full one, unless it is the last. */
  async read(): Promise<Chunk> {
    const start = this.#size;
    const [buffer, other] = this.#buffers;
    let target = buffer;
    let length = 0;
    while (await this.#hasMore() && length < this.#chunkSize) {
      const piece = this.#rest?.subarray(0, this.#chunkSize - length) ??
        new Uint8Array();
      target = withRoom(target, length + piece.length, this.#chunkSize);
      target.set(piece, length);
      this.#rest = this.#rest?.subarray(piece.length);
      length += piece.length;
    }
    this.#buffers = [other, target];
    const bytes = target.subarray(0, length);
    this.#hash.update(bytes);
    this.#size += length;
    return { start, bytes, isLast: this.#isOver };
  }

  /** Ends the source, also if it was not read to its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#stop);
    // What it fails with is no longer wanted.
    await this.#reader.cancel().catch(() => {});
  }

  /** Looks for a byte behind those that were given out. */
  async #hasMore(): Promise<boolean> {
    while (!this.#isOver && !this.#rest?.length) {
      this.#signal?.throwIfAborted();
      const { done, value } = await this.#reader.read();
      this.#signal?.throwIfAborted();
      this.#isOver = done;
      this.#rest = value;
    }
    return !this.#isOver;
  }

  readonly #stop = () => {
    this.#reader.cancel(this.#signal?.reason).catch(() => {});
  };
}

/** Small blobs get small buffers. */
function withRoom(buffer: Bytes, size: number, most: number): Bytes {
  if (buffer.length >= size) return buffer;
  const larger = new Uint8Array(Math.min(Math.max(size, size * 2), most));
  larger.set(buffer);
  return larger;
}
