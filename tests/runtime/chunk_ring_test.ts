import { assertEquals, assertThrows } from "@std/assert";
import type { Bytes } from "../../src/formats/bytes.ts";
import { pour } from "../../src/formats/decompress.ts";
import {
  closeRing,
  createRingMemory,
  RingReader,
  RingWriter,
  stopStream,
} from "../../src/runtime/chunk_ring.ts";

const MORE_THAN_A_CHUNK = 300_000;

Deno.test("a ring gives streams on, one after the other", () => {
  const { writer, reader } = makeRing();
  const first = crypto.getRandomValues(new Uint8Array(65_536));
  for (let id = 1; id <= 50; id++) { // several times around
    const stream = new Uint8Array(MORE_THAN_A_CHUNK).fill(id);
    stream.set(first);
    writer.begin(id);
    pour(stream, writer);
    writer.end();
    reader.begin(id);
    assertEquals(readAll(reader), stream);
  }
});

Deno.test("a ring tells that a stream was cut short", () => {
  const { writer, reader } = makeRing();
  writer.begin(1);
  pour(new Uint8Array(MORE_THAN_A_CHUNK), writer);
  writer.abort();
  reader.begin(1);
  assertThrows(() => readAll(reader), DOMException, "cut short");
});

Deno.test("a reader skips what it does not want", () => {
  const { writer, reader } = makeRing();
  for (const id of [1, 2, 3]) {
    writer.begin(id);
    pour(new Uint8Array(MORE_THAN_A_CHUNK).fill(id), writer);
    if (id === 2) writer.abort();
    else writer.end();
  }
  reader.begin(1);
  reader.next();
  reader.release();
  reader.skip(); // the rest of the first
  reader.skip(); // nothing
  reader.begin(2);
  reader.skip();
  reader.begin(3);
  assertEquals(readAll(reader).at(0), 3);
});

Deno.test("a stream that was stopped takes no more, but the next does", () => {
  const { memory, writer, reader } = makeRing();
  stopStream(memory, 1);
  writer.begin(1);
  assertThrows(() => writer.room(), DOMException, "stopped");
  writer.abort();
  reader.begin(1);
  assertThrows(() => reader.next(), DOMException, "stopped");
  reader.skip();
  writer.begin(2);
  pour(new Uint8Array(10).fill(2), writer);
  writer.end();
  reader.begin(2);
  assertEquals(readAll(reader), new Uint8Array(10).fill(2));
});

Deno.test("nobody waits for a ring that was closed", () => {
  const { memory, writer, reader } = makeRing();
  writer.begin(1);
  closeRing(memory);
  assertThrows(() => writer.room(), DOMException, "closed");
  assertThrows(() => writer.end(), DOMException, "closed");
  reader.begin(1);
  assertThrows(() => reader.next(), DOMException, "closed");
  assertThrows(() => reader.skip(), DOMException, "closed");
});

function makeRing() {
  const memory = createRingMemory();
  return {
    memory,
    writer: new RingWriter(memory),
    reader: new RingReader(memory),
  };
}

function readAll(reader: RingReader): Bytes {
  const chunks: Bytes[] = [];
  for (;;) {
    const chunk = reader.next();
    if (chunk === undefined) break;
    chunks.push(chunk.slice());
    reader.release();
  }
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}
