/** A bounded buffer of data from a client. */

import { type Bytes, concatBytes } from "../../formats/bytes.ts";

// SPDY's initial window; also the size of a pipe.
const CAPACITY_BYTES = 64 * 1024;
// A chunk of one byte takes some hundred.
const MAX_CHUNKS = 1024;

/** A stream whose writer waits while it is full. */
export class ReceiveBuffer {
  /** The stream for the reader. Cancelling it discards later data. */
  readonly readable: ReadableStream<Bytes>;
  readonly #onTaken: (bytes: number) => void;
  #controller: ReadableStreamDefaultController<Bytes> | undefined;
  #chunks: Bytes[] = [];
  #bytes = 0;
  #isOpen = true;
  #isDropped = false;
  #changed = Promise.withResolvers<void>();

  /**
   * Makes an empty one.
   *
   * @param onTaken Called with the number of bytes that were read or discarded.
   */
  constructor(onTaken: (bytes: number) => void = () => {}) {
    this.#onTaken = onTaken;
    this.readable = new ReadableStream<Bytes>({
      start: (controller) => void (this.#controller = controller),
      pull: (controller) => this.#give(controller),
      cancel: () => this.#drop(),
    }, { highWaterMark: 0 });
  }

  /** Adds bytes, and waits until there is space again. */
  async push(bytes: Bytes): Promise<void> {
    if (!this.#isOpen) return this.#onTaken(bytes.byteLength);
    if (bytes.byteLength === 0) return;
    // A small view would keep its whole buffer alive.
    const isSmall = bytes.byteLength < bytes.buffer.byteLength / 2;
    this.#chunks.push(isSmall ? bytes.slice() : bytes);
    this.#bytes += bytes.byteLength;
    this.#wake();
    while (this.#isFull && this.#isOpen) await this.#changed.promise;
  }

  /** Ends the stream. */
  end(): void {
    this.#isOpen = false;
    this.#wake();
  }

  /** Ends the stream with an error. */
  fail(reason: unknown): void {
    if (!this.#isOpen) return;
    this.#controller?.error(reason);
    this.#drop();
  }

  get #isFull(): boolean {
    return this.#bytes >= CAPACITY_BYTES || this.#chunks.length >= MAX_CHUNKS;
  }

  async #give(controller: ReadableStreamDefaultController<Bytes>) {
    while (this.#bytes === 0 && this.#isOpen) await this.#changed.promise;
    if (this.#bytes > 0) return controller.enqueue(this.#take());
    if (!this.#isDropped) controller.close();
  }

  /** The reader has cancelled. */
  #drop(): void {
    this.#isDropped = true;
    this.end();
    this.#take();
  }

  /** Empties it. */
  #take(): Bytes {
    const [chunks, bytes] = [this.#chunks, this.#bytes];
    this.#chunks = [];
    this.#bytes = 0;
    this.#wake();
    if (bytes > 0) this.#onTaken(bytes);
    return chunks.length === 1 && chunks[0] !== undefined
      ? chunks[0]
      : concatBytes(chunks);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
