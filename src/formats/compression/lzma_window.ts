/** What LZMA has decoded last, and may refer to: a ring that grows as needed. */

import type { Bytes } from "../bytes.ts";

// A small layer needs no large dictionary, whatever its header asks for.
const FIRST_BYTES = 64 * 1024;

/** A window on the end of what was decoded. */
export class LzmaWindow {
  /** How many bytes were decoded since the last reset. */
  total = 0;
  readonly #limit: number;
  readonly #emit: (bytes: Bytes) => void;
  #ring: Bytes;
  #at = 0;
  #flushed = 0;

  /**
   * @param limit How many bytes it keeps; a multiple of 16.
   * @param emit Gets all that was decoded.
   */
  constructor(limit: number, emit: (bytes: Bytes) => void) {
    this.#limit = limit;
    this.#emit = emit;
    this.#ring = new Uint8Array(Math.min(limit, FIRST_BYTES));
  }

  /** Forgets all. */
  reset(): void {
    this.flush();
    this.total = 0;
    this.#at = 0;
    this.#flushed = 0;
  }

  /** Adds a byte. */
  put(byte: number): void {
    if (this.#at === this.#ring.length) this.#makeRoom();
    this.#ring[this.#at++] = byte;
    this.total++;
  }

  /** Adds bytes. */
  append(bytes: Bytes): void {
    for (let from = 0; from < bytes.length;) {
      if (this.#at === this.#ring.length) this.#makeRoom();
      const room = this.#ring.length - this.#at;
      const step = Math.min(room, bytes.length - from);
      this.#ring.set(bytes.subarray(from, from + step), this.#at);
      this.#at += step;
      this.total += step;
      from += step;
    }
  }

  /** The byte that is so far back: 1 is the last one. */
  back(distance: number): number {
    const at = this.#at - distance;
    return this.#ring[at < 0 ? at + this.#ring.length : at] ?? 0;
  }

  /**
   * Repeats bytes from so far back, of those that it adds, too.
   *
   * @throws {SyntaxError} If there are none.
   */
  copy(distance: number, length: number): void {
    if (distance > this.total || distance > this.#limit) {
      throw new SyntaxError("it refers to what was before its beginning");
    }
    const from = this.#at - distance;
    const isSimple = from >= 0 && distance >= length &&
      this.#at + length <= this.#ring.length;
    if (!isSimple) {
      for (let n = 0; n < length; n++) this.put(this.back(distance));
      return;
    }
    this.#ring.copyWithin(this.#at, from, from + length);
    this.#at += length;
    this.total += length;
  }

  /** Hands out what was added since the last time. */
  flush(): void {
    if (this.#flushed < this.#at) {
      this.#emit(this.#ring.subarray(this.#flushed, this.#at));
    }
    this.#flushed = this.#at;
  }

  #makeRoom(): void {
    this.flush();
    if (this.#ring.length < this.#limit) {
      const length = Math.min(4 * this.#ring.length, this.#limit);
      const ring = new Uint8Array(length);
      ring.set(this.#ring);
      this.#ring = ring;
      return;
    }
    this.#at = 0;
    this.#flushed = 0;
  }
}
