/** Decompresses a file, or a part of one, into another file. */

import { closeSync, openSync, readSync } from "node:fs";
import type { Bytes } from "../formats/bytes.ts";
import type { ArchiveSink } from "../formats/compression/decompress.ts";
import { decodeLayer } from "../formats/tar/decode_layer.ts";
import { createFile, writeFully } from "./unpack_file.ts";

/** What to decompress. */
export interface ExpandJob {
  /** Absolute. */
  readonly path: string;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /** Made: there must be nothing yet; absolute. */
  readonly target: string;
}

// Few calls, and no more than what is at hand for the decompressor.
const BUFFER_BYTES = 256 * 1024;

/**
 * Decompresses a file.
 *
 * @param onProgress Told how many bytes came out so far; what it throws ends it.
 * @returns How many bytes came out.
 * @throws {InvalidLayerError} If it is damaged, or more than 2000 times as large.
 */
export function expandFile(
  { path, offset, size, target }: ExpandJob,
  onProgress: (bytes: number) => void,
): number {
  const input = openSync(path, "r");
  try {
    const output = createFile(target);
    try {
      return expand({ input, offset, end: offset + size, output }, onProgress);
    } finally {
      closeSync(output);
    }
  } finally {
    closeSync(input);
  }
}

function expand(
  { input, offset, end, output }: {
    readonly input: number;
    readonly offset: number;
    readonly end: number;
    readonly output: number;
  },
  onProgress: (bytes: number) => void,
): number {
  const sink = new FileSink(output, onProgress);
  const decoder = decodeLayer(sink);
  const buffer = new Uint8Array(BUFFER_BYTES);
  try {
    for (let at = offset; at < end;) {
      const room = Math.min(buffer.length, end - at);
      const count = readSync(input, buffer, 0, room, at);
      if (count === 0) break; // it was cut: the decompressor misses the rest
      decoder.write(buffer.subarray(0, count));
      at += count;
    }
    decoder.finish();
    sink.flush();
    return sink.written;
  } catch (error) {
    decoder.abort();
    throw error;
  }
}

/** Writes when its buffer is full. */
class FileSink implements ArchiveSink {
  readonly #output: number;
  readonly #onProgress: (bytes: number) => void;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  #written = 0;

  constructor(output: number, onProgress: (bytes: number) => void) {
    this.#output = output;
    this.#onProgress = onProgress;
  }

  /** In bytes. */
  get written(): number {
    return this.#written;
  }

  room(): Bytes {
    return this.#buffer.subarray(this.#filled);
  }

  commit(bytes: Bytes): void {
    this.#filled += bytes.length;
    if (this.#filled === this.#buffer.length) this.flush();
  }

  flush(): void {
    writeFully(this.#output, this.#buffer.subarray(0, this.#filled));
    this.#written += this.#filled;
    this.#filled = 0;
    this.#onProgress(this.#written);
  }
}
