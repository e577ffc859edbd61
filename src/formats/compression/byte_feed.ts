/** Bytes that are pushed in, for a reader that waits for as many as it needs. */

import type { Bytes } from "../bytes.ts";

/** Work that is suspended at each `yield` until more bytes are there. */
export type FeedReader<T = void> = Generator<undefined, T, undefined>;

/** A queue of bytes. */
export class ByteFeed {
  #bytes: Bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #isEnded = false;

  /** How many bytes wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes; they are copied. */
  push(chunk: Uint8Array): void {
    const needed = this.length + chunk.length;
    if (this.#end + chunk.length > this.#bytes.length) {
      const fits = needed <= this.#bytes.length;
      const bytes = fits ? this.#bytes : new Uint8Array(2 * needed);
      bytes.set(this.#bytes.subarray(this.#start, this.#end));
      this.#end = this.length;
      this.#start = 0;
      this.#bytes = bytes;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Says that no more will come. */
  end(): void {
    this.#isEnded = true;
  }

  /** Waits for bytes; false if they end before so many. */
  *has(count: number): FeedReader<boolean> {
    while (this.length < count && !this.#isEnded) yield;
    return this.length >= count;
  }

  /**
   * Takes bytes, which are valid until more are pushed.
   *
   * @throws {RangeError} If they end before so many.
   */
  *take(count: number): FeedReader<Bytes> {
    if (!(yield* this.has(count))) throw cutShort();
    const bytes = this.#bytes.subarray(this.#start, this.#start + count);
    this.#start += count;
    return bytes;
  }

  /**
   * Takes a byte that is there.
   *
   * @throws {RangeError} If none is.
   */
  shift(): number {
    const byte = this.next;
    if (byte === undefined) throw cutShort();
    this.#start++;
    return byte;
  }

  /** The next byte, if one is there. */
  get next(): number | undefined {
    return this.length > 0 ? this.#bytes[this.#start] : undefined;
  }
}

function cutShort(): RangeError {
  return new RangeError("it is cut short");
}
