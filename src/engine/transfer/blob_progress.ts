/**
 * The progress of a blob's file, in memory that the writing thread shares with the
 * reading one. The reader waits by blocking, which is fine in a worker.
 */

// Position and state are in one atomic counter, so that no update is missed.
const STATE_BITS = 2n;
const STATE_MASK = (1n << STATE_BITS) - 1n;
const FILLING = 0n;
const COMPLETE = 1n;
const STOPPED = 2n;

/** The progress of a blob. */
export class BlobProgress {
  /** For another thread, which wraps it in the same class. */
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

  /** Reports that the first `bytes` bytes of the file are there. */
  advance(bytes: number): void {
    this.#update((_, state) => [BigInt(bytes), state]);
  }

  /** Reports that the file is complete. */
  complete(): void {
    this.#update((bytes, state) => [
      bytes,
      state === FILLING ? COMPLETE : state,
    ]);
  }

  /** Makes the other thread stop, even if the file is complete. */
  stop(): void {
    this.#update((bytes) => [bytes, STOPPED]);
  }

  /**
   * Waits until there is more than `offset` bytes.
   *
   * @returns The number of bytes; `offset` at the end.
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

  /** Only one thread writes, so no atomic exchange is needed. */
  #update(
    change: (bytes: bigint, state: bigint) => readonly [bigint, bigint],
  ): void {
    const word = Atomics.load(this.#counter, 0);
    const [bytes, state] = change(word >> STATE_BITS, word & STATE_MASK);
    Atomics.store(this.#counter, 0, bytes << STATE_BITS | state);
    Atomics.notify(this.#counter, 0);
  }
}
