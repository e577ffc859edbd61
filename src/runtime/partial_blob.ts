/**
 * What came of a blob before a pull was cut short. The state of a hash or of a
 * decompressor cannot be saved, so it is the bytes that are kept, and a later
 * pull reads them again before it asks the registry for the rest.
 */

import {
  closeSync,
  constants,
  fstatSync,
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
  #size: number;
  #buffer: Bytes | undefined;

  /**
   * @param path The file; it is made if missing.
   * @param limit The blob's size: what goes beyond it cannot belong to it.
   */
  constructor(path: string, limit: number) {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#fd = openSync(path, flags, 0o600);
    this.#size = fstatSync(this.#fd).size;
    if (this.#size <= limit) return;
    ftruncateSync(this.#fd, 0);
    this.#size = 0;
  }

  /** How many bytes there are. */
  get size(): number {
    return this.#size;
  }

  /** Reads some bytes, which are valid until the next call. */
  read(offset: number): Bytes {
    this.#buffer ??= new Uint8Array(BUFFER_BYTES);
    const count = readSync(this.#fd, this.#buffer, 0, BUFFER_BYTES, offset);
    if (count === 0) {
      throw new Error("Cannot read what was received: it is gone");
    }
    return this.#buffer.subarray(0, count);
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
