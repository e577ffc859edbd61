import { assert, assertEquals, assertRejects } from "@std/assert";
import { Packers } from "../../../src/engine/media/packers.ts";
import type { PackBlock } from "../../../src/formats/compression/compress.ts";

function block(packers: Packers, length: number): PackBlock {
  return { format: "gzip", before: 0, bytes: packers.takeBuffer(length) };
}

Deno.test("Packers gives back the memory of blocks that are compressed", async () => {
  using packers = new Packers();
  const first = block(packers, 5000);
  const { buffer } = first.bytes;
  const packed = packers.pack(first);
  // It went to the worker.
  assertEquals([first.bytes.length, buffer.byteLength], [0, 0]);
  assert((await packed).length < 5000);
  const other = packers.takeBuffer(4999);
  const again = packers.takeBuffer(5000);
  const more = packers.takeBuffer(5000);
  assertEquals([other, again, more].map(({ length }) => length), [
    ...[4999, 5000, 5000],
  ]);
  assert(again.buffer !== more.buffer);
});

Deno.test("Packers compresses more blocks than it has workers", async () => {
  using packers = new Packers();
  const jobs = Array.from(
    { length: 7 },
    (_, n) => packers.pack(block(packers, 1000 * (n + 1))),
  );
  const sizes = (await Promise.all(jobs)).map(({ length }) => length);
  assert(sizes.every((size) => size > 0 && size < 1000));
});

Deno.test("Packers fails what runs, waits and comes once it has ended", async () => {
  const packers = new Packers();
  const jobs = Array.from(
    { length: 4 },
    () => packers.pack(block(packers, 100_000)),
  );
  packers[Symbol.dispose]();
  jobs.push(packers.pack(block(packers, 100)));
  for (const job of jobs) {
    await assertRejects(() => job, DOMException, "The workers were ended");
  }
  packers[Symbol.dispose](); // once more does nothing
});

Deno.test("Packers reports why a block cannot be compressed, and continues", async () => {
  using packers = new Packers();
  const bad = { ...block(packers, 100), level: 1e6 };
  await assertRejects(
    () => packers.pack(bad),
    Error,
    "Cannot compress layer: ",
  );
  assert((await packers.pack(block(packers, 100))).length > 0);
});
