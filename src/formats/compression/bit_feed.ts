/** Bits that are pushed in as bytes, the highest of each first. */

import type { ByteFeed, FeedReader } from "./byte_feed.ts";

/** Takes single bits out of a feed. */
export class BitFeed {
  readonly #feed: ByteFeed;
  #byte = 0;
  // How many of the byte's bits are left.
  #left = 0;

  constructor(feed: ByteFeed) {
    this.#feed = feed;
  }

  /** Waits until so many bits are there, or the end. */
  *want(count: number): FeedReader {
    const bytes = Math.ceil((count - this.#left) / 8);
    if (this.#feed.length < bytes) yield* this.#feed.has(bytes);
  }

  /**
   * Waits for up to 24 bits, and takes them.
   *
   * @throws {RangeError} If they end before so many.
   */
  *read(count: number): FeedReader<number> {
    yield* this.want(count);
    let value = 0;
    for (let n = 0; n < count; n++) value = (value << 1) | this.bit();
    return value;
  }

  /**
   * Takes a bit that is there.
   *
   * @throws {RangeError} If none is.
   */
  bit(): number {
    if (this.#left === 0) {
      this.#byte = this.#feed.shift();
      this.#left = 8;
    }
    return this.#byte >> --this.#left & 1;
  }

  /** Skips what is left of a byte. */
  align(): void {
    this.#left = 0;
  }
}
