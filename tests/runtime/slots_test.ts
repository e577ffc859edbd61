import { assertEquals, assertRejects } from "@std/assert";
import { Slots } from "../../src/runtime/slots.ts";

Deno.test("slots let in so many at once, in order", async () => {
  const slots = new Slots(2);
  const inside: string[] = [];
  const enter = async (name: string) => {
    const slot = await slots.take();
    inside.push(name);
    return slot;
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

Deno.test("slots go past who has given up", async () => {
  const slots = new Slots(1);
  const held = await slots.take();
  const stop = new AbortController();
  const impatient = slots.take(stop.signal);
  const patient = slots.take();
  stop.abort(new Error("no more time"));
  await assertRejects(() => impatient, Error, "no more time");
  await assertRejects(() => slots.take(stop.signal), Error, "no more time");
  held[Symbol.dispose]();
  (await patient)[Symbol.dispose]();
  await slots.take();
});

/** Lets all go on that can. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
