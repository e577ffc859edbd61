import { assert, assertEquals, assertRejects } from "@std/assert";
import { EventHub } from "../../../../src/cri/runtime/state/event_hub.ts";

Deno.test("EventHub tells each listener all, from its call on", async () => {
  const hub = new EventHub<number>();
  hub.emit(0);
  const abort = new AbortController();
  const one = hub.listen(abort);
  hub.emit(1);
  const two = hub.listen(abort);
  hub.emit(2);
  setTimeout(() => {
    hub.emit(3);
    abort.abort();
  }, 1);
  const all = await Promise.all([one, two].map((it) => Array.fromAsync(it)));
  assertEquals(all, [[1, 2, 3], [2, 3]]);
  assert(!hub.hasListeners);
});

Deno.test("EventHub ends with a listener that does not fetch", async () => {
  const hub = new EventHub<number>();
  const slow = hub.listen();
  for (let index = 0; index < 5000; index++) hub.emit(index);
  await assertRejects(() => Array.fromAsync(slow), RangeError, "4096");
  assert(!hub.hasListeners);
});

Deno.test("EventHub ends once its listener has gone", async () => {
  const hub = new EventHub<number>();
  const abort = new AbortController();
  const all = Array.fromAsync(hub.listen(abort));
  await Promise.resolve();
  abort.abort();
  assert(!hub.hasListeners);
  assertEquals(await all, []);
  assertEquals(await Array.fromAsync(hub.listen(abort)), []);
  assert(!hub.hasListeners);
});

Deno.test("EventHub keeps 4096 events for a slow listener", async () => {
  const hub = new EventHub<number>();
  const abort = new AbortController();
  const slow = hub.listen(abort);
  for (let index = 0; index < 4096; index++) hub.emit(index);
  abort.abort();
  assertEquals((await Array.fromAsync(slow)).length, 4096);
});
