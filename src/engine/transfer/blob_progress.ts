/**
 * How much of a blob's file is there: memory that the thread which fills the file
 * shares with the one that reads it. The latter waits by blocking, as threads that
 * do nothing else may.
 */

// Both are in one counter, so that nobody waits for what has just come.
const STATE_BITS = 2n;
const STATE_MASK = (1n << STATE_BITS) - 1n;
const FILLING = 0n;
const COMPLETE = 1n;
const STOPPED = 2n;

/** How far a blob is. */
export class BlobProgress {
  /** For another thread, which makes the same of it. */
  readonly memory: SharedArrayBuffer;
  readonly #counter: BigInt64Array<SharedArrayBuffer>;

  constructor(
    memory: SharedArrayBuffer = new SharedArrayBuffer(
      BigInt64Array.BYTES_PER_ELEMENT,
    ),
  ) {
    this.memory = memory;
    this.#counter = new BigInt64Array(memory);
  }

  /** Says that the first so many bytes of the file are there. */
  advance(bytes: number): void {
    this.#update((_, state) => [BigInt(bytes), state]);
  }

  /** Says that it was all. */
  complete(): void {
    this.#update((bytes, state) => [
      bytes,
      state === FILLING ? COMPLETE : state,
    ]);
  }

  /** Makes the other thread give up, also if all is there. */
  stop(): void {
    this.#update((bytes) => [bytes, STOPPED]);
  }

  /**
   * Waits until there is more than what was read.
   *
   * @returns How many bytes there are; `offset` if that was all.
   * @throws {DOMException} An `AbortError`, if it was stopped.
   */
  waitBeyond(offset: number): number {
    for (;;) {
      const word = this.#readUnstopped();
      const bytes = Number(word >> STATE_BITS);
      const isComplete = (word & STATE_MASK) === COMPLETE;
      if (bytes > offset || isComplete) return bytes;
      Atomics.wait(this.#counter, 0, word);
    }
  }

  /** @throws {DOMException} An `AbortError`, if it was stopped. */
  throwIfStopped(): void {
    this.#readUnstopped();
  }

  #readUnstopped(): bigint {
    const word = Atomics.load(this.#counter, 0);
    if ((word & STATE_MASK) !== STOPPED) return word;
    throw new DOMException("The blob was stopped", "AbortError");
  }

  /** Only one thread does this, so nothing comes in between. */
  #update(
    change: (bytes: bigint, state: bigint) => readonly [bigint, bigint],
  ): void {
    const word = Atomics.load(this.#counter, 0);
    const [bytes, state] = change(word >> STATE_BITS, word & STATE_MASK);
    Atomics.store(this.#counter, 0, bytes << STATE_BITS | state);
    Atomics.notify(this.#counter, 0);
  }
}
