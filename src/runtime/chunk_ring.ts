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
/** Not 0 when nobody shall wait any more. */
const CLOSED = 2;
const LENGTHS = 3;
/** The IDs of streams to stop; each in the place that it has by its number. */
const STOPPED = LENGTHS + CHUNKS;
const STOPPED_PLACES = 256;
const COUNTERS = STOPPED + STOPPED_PLACES;
const HEADER_BYTES = 2048;
// A stop that comes just before a wait does not end it.
const WAIT_MS = 100;
const MEMORY_BYTES = HEADER_BYTES + CHUNKS * CHUNK_BYTES;
// Markers, where a length would be.
const END = -1;
const ABORTED = -2;

/** Makes the memory of a ring. */
export function createRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MEMORY_BYTES);
}

/** Makes `room()` and `next()` throw for a stream, also if they wait. */
export function stopStream(memory: SharedArrayBuffer, id: number): void {
  const counters = countersOf(memory);
  Atomics.store(counters, STOPPED + id % STOPPED_PLACES, id);
  Atomics.notify(counters, READ);
}

/**
 * Makes all calls throw from now on, also those that wait: a thread that blocks
 * cannot be ended from outside.
 */
export function closeRing(memory: SharedArrayBuffer): void {
  const counters = countersOf(memory);
  Atomics.store(counters, CLOSED, 1);
  Atomics.notify(counters, READ);
  Atomics.notify(counters, WRITTEN);
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
      requireOpen(counters);
      const read = Atomics.load(counters, READ);
      if (how === "or stop") requireUnstopped(counters, this.#stream);
      const written = Atomics.load(counters, WRITTEN);
      if ((written - read | 0) < CHUNKS) return;
      Atomics.wait(counters, READ, read, WAIT_MS);
    }
  }
}

/** The end of a ring that reads. */
export class RingReader {
  readonly #counters: Int32Array<SharedArrayBuffer>;
  readonly #chunks: readonly Bytes[];
  #isInStream = false;
  #stream = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#counters = countersOf(memory);
    this.#chunks = chunksOf(memory);
  }

  /** Goes to the next stream, which must then be read to its end, or skipped. */
  begin(id: number): void {
    this.#isInStream = true;
    this.#stream = id;
  }

  /**
   * Waits for the next chunk. It is valid until `release()`, which must follow.
   *
   * @returns Undefined at the end of the stream.
   * @throws {DOMException} An `AbortError`, if it was stopped, or not written to
   *   its end.
   */
  next(): Bytes | undefined {
    requireUnstopped(this.#counters, this.#stream);
    return this.#next();
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
        if (this.#next() !== undefined) this.release();
      } catch (error) {
        if (this.#isInStream) throw error; // closed, not only cut short
      }
    }
  }

  #next(): Bytes | undefined {
    for (;;) {
      requireOpen(this.#counters);
      const written = Atomics.load(this.#counters, WRITTEN);
      if (written !== this.#read()) return this.#take();
      Atomics.wait(this.#counters, WRITTEN, written, WAIT_MS);
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

function requireOpen(counters: Int32Array<SharedArrayBuffer>): void {
  if (Atomics.load(counters, CLOSED) === 0) return;
  throw new DOMException("The ring was closed", "AbortError");
}

function requireUnstopped(
  counters: Int32Array<SharedArrayBuffer>,
  id: number,
): void {
  if (Atomics.load(counters, STOPPED + id % STOPPED_PLACES) !== id) return;
  throw new DOMException("The stream was stopped", "AbortError");
}

function countersOf(memory: SharedArrayBuffer): Int32Array<SharedArrayBuffer> {
  return new Int32Array(memory, 0, COUNTERS);
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
