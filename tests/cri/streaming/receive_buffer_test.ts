import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { ReceiveBuffer } from "../../../src/cri/streaming/receive_buffer.ts";
import { toBytes, toText } from "../../../src/formats/bytes.ts";

const KIB = 1024;

/** Whether a push is still waiting, once all that is due has run. */
async function isWaiting(pushed: Promise<void>): Promise<boolean> {
  let isDone = false;
  pushed.then(() => isDone = true, () => isDone = true);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return !isDone;
}

Deno.test("ReceiveBuffer hands on what came, joined, and then its end", async () => {
  const taken: number[] = [];
  const buffer = new ReceiveBuffer((bytes) => taken.push(bytes));
  await buffer.push(toBytes("ab"));
  await buffer.push(toBytes(""));
  await buffer.push(toBytes("c"));
  assertEquals(taken, []);
  const reader = buffer.readable.getReader();
  assertEquals(toText((await reader.read()).value ?? new Uint8Array()), "abc");
  assertEquals(taken, [3]);
  await buffer.push(toBytes("d"));
  buffer.end();
  assertEquals(toText((await reader.read()).value ?? new Uint8Array()), "d");
  assert((await reader.read()).done);
  assertEquals(taken, [3, 1]);
});

Deno.test("ReceiveBuffer keeps 64 KiB, and lets the other side wait then", async () => {
  const buffer = new ReceiveBuffer();
  const reader = buffer.readable.getReader();
  await buffer.push(new Uint8Array(64 * KIB - 1));
  const waiting = buffer.push(new Uint8Array(1));
  assert(await isWaiting(waiting));
  assertEquals((await reader.read()).value?.length, 64 * KIB);
  await waiting;
});

Deno.test("ReceiveBuffer keeps 1024 pieces, however small", async () => {
  const buffer = new ReceiveBuffer();
  for (let count = 1; count < 1024; count++) await buffer.push(toBytes("x"));
  const waiting = buffer.push(toBytes("x"));
  assert(await isWaiting(waiting));
  buffer.end();
  await waiting;
});

Deno.test("ReceiveBuffer keeps no more than it was given of a large view", async () => {
  const buffer = new ReceiveBuffer();
  const large = new Uint8Array(1000);
  await buffer.push(large.subarray(0, 499));
  large.fill(1);
  const { value } = await buffer.readable.getReader().read();
  assertEquals(value, new Uint8Array(499));
});

Deno.test("ReceiveBuffer ends for its readers, and gives back what it drops", async (t) => {
  const make = () => {
    const taken: number[] = [];
    return { taken, buffer: new ReceiveBuffer((n) => taken.push(n)) };
  };
  await t.step("when the other side fails", async () => {
    const { taken, buffer } = make();
    await buffer.push(toBytes("ab"));
    buffer.fail(new Error("broken"));
    await assertRejects(
      () => buffer.readable.getReader().read(),
      Error,
      "broken",
    );
    assertEquals(taken, [2]);
    await buffer.push(toBytes("cde"));
    assertEquals(taken, [2, 3]);
    buffer.fail(new Error("again"));
  });
  await t.step("while it waits for more", async () => {
    const { buffer } = make();
    const reading = buffer.readable.getReader().read();
    buffer.end();
    assert((await reading).done);
  });
  await t.step("when no one reads on", async () => {
    const { taken, buffer } = make();
    await buffer.push(toBytes("ab"));
    await buffer.readable.cancel();
    assertEquals(taken, [2]);
    const pushed = buffer.push(new Uint8Array(100 * KIB));
    assertFalse(await isWaiting(pushed));
    assertEquals(taken, [2, 100 * KIB]);
  });
  await t.step("a failure after the end says nothing", async () => {
    const { buffer } = make();
    buffer.end();
    buffer.fail(new Error("late"));
    assert((await buffer.readable.getReader().read()).done);
  });
});
