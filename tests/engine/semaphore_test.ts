import { assert, assertEquals, assertRejects } from "@std/assert";
import { Semaphore } from "../../src/engine/semaphore.ts";

Deno.test("Semaphore lets in so many at once, in order", async () => {
  const semaphore = new Semaphore(2);
  const inside: string[] = [];
  const enter = async (name: string) => {
    const place = await semaphore.take();
    inside.push(name);
    return place;
  };
  const first = await enter("first");
  await enter("second");
  const third = enter("third");
  const fourth = enter("fourth");
  await settle();
  assertEquals(inside, ["first", "second"]);
  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  await fourth;
  assertEquals(inside, ["first", "second", "third", "fourth"]);
});

Deno.test("Semaphore passes over who has given up", async () => {
  const semaphore = new Semaphore(1);
  const held = await semaphore.take();
  const stop = new AbortController();
  const impatient = semaphore.take(stop.signal);
  const patient = semaphore.take();
  stop.abort(new Error("no more time"));
  await assertRejects(() => impatient, Error, "no more time");
  await assertRejects(() => semaphore.take(stop.signal), Error, "no more time");
  held[Symbol.dispose]();
  (await patient)[Symbol.dispose]();
  await semaphore.take();
});

/** Lets all go on that can. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Semaphore lets in at once who does not want to wait, or never", async () => {
  const semaphore = new Semaphore(1);
  const held = semaphore.tryTake();
  assertEquals(semaphore.tryTake(), undefined);
  const waiting = semaphore.take();
  held?.[Symbol.dispose]();
  assertEquals(semaphore.tryTake(), undefined);
  (await waiting)[Symbol.dispose]();
  assert(semaphore.tryTake() !== undefined);
});
