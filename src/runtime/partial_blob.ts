/**
 * What came of a blob before a pull was cut short. The state of a hash or of a
 * decompressor cannot be saved, so it is the bytes that are kept, and a later
 * pull reads them again before it asks the registry for the rest.
 */

import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import type { Bytes } from "../formats/bytes.ts";

const BUFFER_BYTES = 256 * 1024;

/** A blob that is being received. Disposing closes the file, and keeps it. */
export class PartialBlob implements Disposable {
  readonly #fd: number;
  #size = 0;

  /** @param path The file; it is made if missing. */
  constructor(path: string) {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#fd = openSync(path, flags, 0o600);
  }

  /**
   * Reads what is there.
   *
   * @param limit The blob's size: what goes beyond it cannot belong to it.
   * @returns How many bytes there were.
   */
  replay(limit: number, consume: (chunk: Bytes) => void): number {
    const buffer = new Uint8Array(BUFFER_BYTES);
    for (;;) {
      const count = readSync(this.#fd, buffer, 0, BUFFER_BYTES, this.#size);
      if (count === 0) return this.#size;
      if (this.#size + count > limit) {
        ftruncateSync(this.#fd, this.#size);
        return this.#size;
      }
      this.#size += count;
      consume(buffer.subarray(0, count));
    }
  }

  /** Adds bytes at the end. */
  append(chunk: Bytes): void {
    let offset = 0;
    while (offset < chunk.byteLength) {
      const left = chunk.byteLength - offset;
      const count = writeSync(this.#fd, chunk, offset, left, this.#size);
      offset += count;
      this.#size += count;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
