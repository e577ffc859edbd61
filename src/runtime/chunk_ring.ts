/**
 * A ring of chunks in memory that two threads share: one writes streams into it,
 * one after the other, and one reads them. Nothing is copied or sent, and both
 * wait by blocking, as threads that do nothing else may.
 */

import type { Bytes } from "../formats/bytes.ts";
import type { ArchiveSink } from "../formats/decompress.ts";

const CHUNK_BYTES = 256 * 1024;
// So much that a big file does not wait for many small ones.
const CHUNKS = 8;
// Places in the shared counters. Chunks are counted, modulo 2^32; behind the
// counters is each chunk's length, or a marker.
const WRITTEN = 0;
const READ = 1;
/** The ID of a stream to stop. */
const STOPPED = 2;
const LENGTHS = 3;
const HEADER_BYTES = 128;
const MEMORY_BYTES = HEADER_BYTES + CHUNKS * CHUNK_BYTES;
// Markers, where a length would be.
const END = -1;
const ABORTED = -2;

/** Makes the memory of a ring. */
export function createRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MEMORY_BYTES);
}

/** Makes `room()` of the writer of a stream throw, also if it waits. */
export function stopStream(memory: SharedArrayBuffer, id: number): void {
  const counters = countersOf(memory);
  Atomics.store(counters, STOPPED, id);
  Atomics.notify(counters, READ);
}

/** The end of a ring that writes. */
export class RingWriter implements ArchiveSink {
  readonly #counters: Int32Array<SharedArrayBuffer>;
  readonly #chunks: readonly Bytes[];
  #filled = 0;
  #stream = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#counters = countersOf(memory);
    this.#chunks = chunksOf(memory);
  }

  /** Begins a stream; the one before must have ended. */
  begin(id: number): void {
    this.#stream = id;
  }

  /**
   * What is left of a chunk; waits until the reader has given one back.
   *
   * @throws {DOMException} An `AbortError`, if the stream was stopped.
   */
  room(): Bytes {
    if (this.#filled === 0) this.#waitForRoom("or stop");
    const written = Atomics.load(this.#counters, WRITTEN);
    return chunkAt(this.#chunks, written).subarray(this.#filled);
  }

  /** Adds what was put into the room. */
  commit(bytes: Bytes): void {
    this.#filled += bytes.length;
    if (this.#filled === CHUNK_BYTES) this.#flush();
  }

  /** Ends the stream. */
  end(): void {
    this.#flush();
    this.#publish(END);
  }

  /** Ends the stream without its rest, also when it was stopped. */
  abort(): void {
    this.#filled = 0;
    this.#publish(ABORTED);
  }

  #flush(): void {
    if (this.#filled > 0) this.#publish(this.#filled);
    this.#filled = 0;
  }

  #publish(length: number): void {
    this.#waitForRoom();
    const written = Atomics.load(this.#counters, WRITTEN);
    Atomics.store(this.#counters, LENGTHS + slotOf(written), length);
    Atomics.add(this.#counters, WRITTEN, 1);
    Atomics.notify(this.#counters, WRITTEN);
  }

  #waitForRoom(how?: "or stop"): void {
    const counters = this.#counters;
    for (;;) {
      const read = Atomics.load(counters, READ);
      const isStopped = Atomics.load(counters, STOPPED) === this.#stream;
      if (how === "or stop" && isStopped) {
        throw new DOMException("The stream was stopped", "AbortError");
      }
      const written = Atomics.load(counters, WRITTEN);
      if ((written - read | 0) < CHUNKS) return;
      Atomics.wait(counters, READ, read);
    }
  }
}

/** The end of a ring that reads. */
export class RingReader {
  readonly #counters: Int32Array<SharedArrayBuffer>;
  readonly #chunks: readonly Bytes[];
  #isInStream = false;

  constructor(memory: SharedArrayBuffer) {
    this.#counters = countersOf(memory);
    this.#chunks = chunksOf(memory);
  }

  /** Goes to the next stream, which must then be read to its end, or skipped. */
  begin(): void {
    this.#isInStream = true;
  }

  /**
   * Waits for the next chunk. It is valid until `release()`, which must follow.
   *
   * @returns Undefined at the end of the stream.
   * @throws {DOMException} An `AbortError`, if it was not written to its end.
   */
  next(): Bytes | undefined {
    for (;;) {
      const written = Atomics.load(this.#counters, WRITTEN);
      if (written !== this.#read()) return this.#take();
      Atomics.wait(this.#counters, WRITTEN, written);
    }
  }

  /** Gives a chunk back. */
  release(): void {
    Atomics.add(this.#counters, READ, 1);
    Atomics.notify(this.#counters, READ);
  }

  /** Reads over what is left of the stream. */
  skip(): void {
    while (this.#isInStream) {
      try {
        if (this.next() !== undefined) this.release();
      } catch {
        // Cut short: that is an end, too.
      }
    }
  }

  #read(): number {
    return Atomics.load(this.#counters, READ);
  }

  #take(): Bytes | undefined {
    const read = this.#read();
    const length = Atomics.load(this.#counters, LENGTHS + slotOf(read));
    if (length >= 0) return chunkAt(this.#chunks, read).subarray(0, length);
    this.#isInStream = false;
    this.release();
    if (length === END) return undefined;
    throw new DOMException("The stream was cut short", "AbortError");
  }
}

function countersOf(memory: SharedArrayBuffer): Int32Array<SharedArrayBuffer> {
  return new Int32Array(memory, 0, LENGTHS + CHUNKS);
}

function chunksOf(memory: SharedArrayBuffer): readonly Bytes[] {
  // The types tell shared memory from plain, but what works on the one, such as
  // hashes, decompressors and writing to files, works on the other.
  const plain = memory as unknown as ArrayBuffer;
  return Array.from(
    { length: CHUNKS },
    (_, slot) =>
      new Uint8Array(plain, HEADER_BYTES + slot * CHUNK_BYTES, CHUNK_BYTES),
  );
}

function chunkAt(chunks: readonly Bytes[], counter: number): Bytes {
  return chunks[slotOf(counter)] ?? new Uint8Array(0);
}

function slotOf(counter: number): number {
  return (counter >>> 0) % CHUNKS;
}
